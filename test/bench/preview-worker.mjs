// A worker thread for the preview's engine, which is TypeScript.
import { parentPort } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { previewEngine } = await import('../../client/mapper/preview-engine.ts');
const handle = previewEngine(
  (message) => parentPort.postMessage(message),
  (act) => setTimeout(act, 0),
);
parentPort.on('message', handle);
