/** The parts of kafkajs's RequestQueue that the patch touches. */
export interface RequestQueueParts {
  throttledUntil: number;
  pending: unknown[];
  throttleCheckTimeoutId: ReturnType<typeof setTimeout> | null;
  checkPendingRequests(): void;
}

/** Poll while requests wait although nothing throttles them, in ms; kafkajs's own figure. */
const pendingCheckMs = 10;

/**
 * kafkajs 2.2.4 keeps a 1 ms timer running on every connection for ever (tulios/kafkajs#1704), which costs several
 * percent of a core per idle consumer. A timer is needed only while something is throttled or pending.
 */
export function patchIdleTimer(RequestQueue: { prototype: object }): void {
  Object.assign(RequestQueue.prototype, {
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
