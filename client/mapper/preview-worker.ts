import { previewEngine } from './preview-engine.ts';
import type { FromWorker, ToWorker } from './preview-messages.ts';

/** The worker in which a mapping is looked at, so that the page goes on whatever it does. */
const scope = self as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};

const handle = previewEngine(
  (message) => scope.postMessage(message),
  (act) => setTimeout(act, 0),
);
scope.onmessage = ({ data }) => handle(data);
scope.postMessage({ kind: 'ready' });
