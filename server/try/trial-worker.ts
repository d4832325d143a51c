import { parentPort, workerData } from 'node:worker_threads';
import { guardThread } from './guard.ts';
import type { FromTrial, ToTrial, TrialSurroundings } from './trial-protocol.ts';
import { createSession } from './trial-session.ts';

/** Entry of the thread of a Try: wires a session to the message port. */
const port = parentPort;
if (port === null) throw new Error('trial-worker.ts is the entry of a worker thread; use createTrialRunner.');
const { surroundings, where } = workerData as { surroundings: TrialSurroundings; where: SharedArrayBuffer };
const session = createSession(surroundings, guardThread(), new Int32Array(where), (message: FromTrial) => port.postMessage(message));
// One after the other, also when the next comes while a node waits.
let turn: Promise<void> = Promise.resolve();
port.on('message', (message: ToTrial) => {
  turn = turn.then(() => session.tell(message));
});
