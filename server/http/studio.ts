import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { Refusal } from './refusal.ts';

/** Files whose name holds a hash of their content, as Vite writes them: they never change. */
const hashed = /[.-][\w-]{8,}\.\w+$/;

/**
 * Serves the built studio: its files, and its page for every other path that a browser asks for as a page, because the
 * studio's own router reads the path. Without a build it says how to get one.
 */
export function serveStudio(app: Express, folder: string): void {
  const files = express.static(folder, {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    setHeaders(response, path) {
      const forEver = path.startsWith(join(folder, 'assets')) && hashed.test(path);
      response.setHeader('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.use(files);
  app.get('/*path', sendPage);
  app.get('/', sendPage);

  function sendPage(request: express.Request, response: express.Response, next: express.NextFunction): void {
    const ours = /^\/(api|hooks|sandbox|assets|docs)(\/|$)/.test(request.path);
    if (ours || !request.accepts('html') || /\.\w+$/.test(request.path)) {
      next();
      return;
    }
    if (!existsSync(join(folder, 'index.html'))) {
      throw new Refusal(404, 'studio/not-built', 'The studio is not built. Run "npm run build" and load this page again.');
    }
    response.setHeader('cache-control', 'no-cache');
    response.sendFile('index.html', { root: folder });
  }
}
