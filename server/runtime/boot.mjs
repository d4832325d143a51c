// Lets a worker thread run TypeScript on Node 20, in development and tests only: tsx does not reach threads by itself.
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.entry);
