import type { Request, Response } from 'express';
import type { FlowStatus, ServerEvent } from '#shared/events.ts';
import type { AppDeps } from './deps.ts';
import { identify } from './sign-in.ts';

/** How often a quiet stream says that it lives, and a session is checked again: ms. Proxies cut streams after 60 s of silence. */
const keepAliveMs = 20_000;
/** Bytes that may wait for a slow reader; beyond that only the newest of each kind is kept until it reads again. */
const bufferLimit = 256 * 1024;
/** A reader that takes nothing for this long is let go; EventSource connects again by itself. */
const stalledMs = 60_000;

/** Pushes to the browsers that listen. */
export interface Events {
  publish(event: ServerEvent): void;
  /** Answers a request with the stream; it ends when the reader leaves, its session ends, or the server closes. */
  stream(request: Request, response: Response): void;
  /** Ends all streams. */
  close(): void;
}

/** Server-sent events: hello, then the full status, then what changes. */
export function createEvents({ runtime, settings, store, alerts, log }: AppDeps): Events {
  const readers = new Set<{ send(event: ServerEvent): void; end(): void }>();
  const publish = (event: ServerEvent): void => {
    for (const reader of readers) reader.send(event);
  };
  const unsubscribe = runtime.onStatus((flows) => {
    if (flows.length > 0) publish({ type: 'status', flows });
  });

  const incidents = (): ServerEvent => ({ type: 'incidents', open: [...alerts.open()] });
  const unwatch = alerts.onChange(() => publish(incidents()));

  return {
    publish,
    stream(request, response) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // nginx would hold the stream back.
        'x-accel-buffering': 'no',
      });
      const held = createHeld();
      let stalledSince: number | undefined;
      const write = (event: ServerEvent): void => {
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      };
      const reader = {
        send(event: ServerEvent): void {
          if (response.writableLength > bufferLimit) {
            stalledSince ??= Date.now();
            held.add(event);
          } else write(event);
        },
        end(): void {
          clearInterval(beat);
          readers.delete(reader);
          response.end();
        },
      };
      const beat = setInterval(() => {
        if (stalledSince !== undefined && Date.now() - stalledSince > stalledMs) {
          reader.end();
          response.destroy();
          return;
        }
        if (stalledSince === undefined) response.write(': alive\n\n');
        // A removed key or an ended session must not go on listening.
        identify(store, request).then(
          (who) => !who && reader.end(),
          (error: unknown) => {
            log.debug({ err: error }, 'an event stream ends');
            reader.end();
          },
        );
      }, keepAliveMs);
      beat.unref();
      response.on('drain', () => {
        stalledSince = undefined;
        for (const event of held.take()) write(event);
      });
      response.on('close', reader.end);
      response.on('error', reader.end);
      readers.add(reader);
      write({ type: 'hello', at: Date.now(), serverVersion: settings.version });
      write({ type: 'status', flows: runtime.statuses() });
      write(incidents());
    },
    close() {
      unsubscribe();
      unwatch();
      for (const reader of readers) reader.end();
    },
  };
}

/** What a slow reader has missed: the newest of each flow, so it is bounded by the number of flows. */
function createHeld(): { add(event: ServerEvent): void; take(): ServerEvent[] } {
  const statuses = new Map<string, FlowStatus>();
  const others = new Map<string, ServerEvent>();
  return {
    add(event) {
      if (event.type === 'status') for (const status of event.flows) statuses.set(status.flow, status);
      else others.set('flow' in event ? event.flow : event.type, event);
    },
    take() {
      const missed = [...others.values()];
      if (statuses.size > 0) missed.push({ type: 'status', flows: [...statuses.values()] });
      statuses.clear();
      others.clear();
      return missed;
    },
  };
}
