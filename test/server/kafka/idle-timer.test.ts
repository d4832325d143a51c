import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { patchIdleTimer, type RequestQueueParts } from '#server/kafka/patches/idle-timer.ts';
import { until } from '../../wait.ts';

interface Queue extends RequestQueueParts {
  push(request: { entry: { correlationId: number; resolve(): void; reject(): void }; expectResponse: boolean; sendRequest(): void }): void;
  maybeThrottle(ms: number): void;
  scheduleCheckPendingRequests(): void;
  destroy(): void;
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue;
patchIdleTimer(RequestQueue);

const say = () => undefined;
const make = () =>
  new RequestQueue({
    maxInFlightRequests: null,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'c',
    broker: 'b',
    logger: { debug: say, info: say, warn: say, error: say },
  });

describe('the request queue of kafkajs, patched', () => {
  test('keeps no timer while nothing is pending', () => {
    const queue = make();
    queue.scheduleCheckPendingRequests();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  test('sends a throttled request when the throttle is over, and then keeps no timer', async () => {
    const queue = make();
    queue.maybeThrottle(30);
    let sent = false;
    queue.push({
      entry: { correlationId: 1, resolve: say, reject: say },
      expectResponse: true,
      sendRequest: () => {
        sent = true;
      },
    });
    expect(sent).toBe(false);
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    await until('it is sent', () => sent);
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.destroy();
  });
});
