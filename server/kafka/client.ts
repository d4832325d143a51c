import { createAdmin } from './admin.ts';
import { createConsumer } from './consumer.ts';
import { installedVersion, knownVersion } from './kafkajs.ts';
import { type KafkaLog, silentLog } from './log.ts';
import type { KafkaPort, KafkaSettings } from './port.ts';
import { createProducer } from './producer.ts';
import { readTopic } from './reader.ts';

/** Makes the port of a cluster. Opens no connection by itself: admin, producer, consumers and readers do, each its own. */
export function createKafka(settings: KafkaSettings, log: KafkaLog = silentLog): KafkaPort {
  if (installedVersion !== knownVersion) {
    log.warn(
      `kafka: kafkajs ${installedVersion} is installed, ${knownVersion} is expected; run npm ci. Its idle timers are left as they are.`,
    );
  }
  return {
    settings,
    admin: () => createAdmin(settings, log),
    producer: () => createProducer(settings, log),
    consume: (options) => createConsumer(settings, log, options),
    read: (options) => readTopic(settings, log, options),
  };
}
