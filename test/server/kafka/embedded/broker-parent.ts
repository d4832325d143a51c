import { spawnEmbeddedBroker } from '#server/kafka/embedded/spawn.ts';

/** A process that starts a broker on the folder given, tells the broker's process id, and stays. */
const [, , dir = ''] = process.argv;
const broker = await spawnEmbeddedBroker({ dir });
process.send?.(broker.pid);
setInterval(() => undefined, 60_000);
