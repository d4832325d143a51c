import { createServer } from 'node:net';

/**
 * Where ports are looked for: below those that Linux gives to outgoing connections (32768 and up). A port from among those may be
 * taken by any connection between the moment it was found free and the moment a server listens, or while that server is down
 * for a moment; somebody who keeps asking for it may even be connected to himself.
 */
const [lowest, highest] = [12_000, 32_000] as const;

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < 100; tried++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`No port between ${lowest} and ${highest} is free.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
