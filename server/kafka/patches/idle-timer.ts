/** The parts of kafkajs's RequestQueue that the patch touches. */
export interface RequestQueueParts {
  enforceRequestTimeout: boolean;
  requestTimeout: number;
  requestTimeoutIntervalId: ReturnType<typeof setInterval> | undefined;
  inflight: Map<number, { sentAt: number; requestTimeout: number; timeoutRequest(): void }>;
  throttledUntil: number;
  pending: unknown[];
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  checkPendingRequests(): void;
  isConnected(): boolean;
  destroy(): void;
}

/** Poll while requests wait although nothing throttles them, in ms; kafkajs's own figure. */
const pendingCheckMs = 10;

/** How often requests in flight are looked at for their time-out, in ms. */
const timeoutCheckMs = 1_000;

/**
 * kafkajs 2.2.4 keeps a 1 ms timer running on every connection for ever (tulios/kafkajs#1704), which costs several
 * percent of a core per idle consumer. A timer is needed only while something is throttled or pending. It also looks
 * for requests that timed out ten times a second; once is enough for time-outs of many seconds.
 */
export function patchIdleTimer(RequestQueue: { prototype: object }): void {
  Object.assign(RequestQueue.prototype, {
    scheduleRequestTimeoutCheck(this: RequestQueueParts) {
      if (!this.enforceRequestTimeout) return;
      this.destroy();
      const check = () => {
        const now = Date.now();
        for (const request of [...this.inflight.values()]) if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
        if (!this.isConnected()) this.destroy();
      };
      this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, timeoutCheckMs));
    },
    scheduleCheckPendingRequests(this: RequestQueueParts) {
      if (this.throttleCheckTimeoutId !== null) return;
      const throttled = this.throttledUntil - Date.now();
      if (this.pending.length === 0 && throttled <= 0) return;
      this.throttleCheckTimeoutId = setTimeout(
        () => {
          this.throttleCheckTimeoutId = null;
          this.checkPendingRequests();
        },
        throttled > 0 ? throttled : pendingCheckMs,
      );
    },
  });
}
