import { afterAll, expect, test } from 'vitest';
import { createKafka } from '#server/kafka/client.ts';
import { appears } from '../../kafka/brokers.ts';
import { type RealKafka, startRealKafka } from '../../kafka/real-kafka.ts';

let real: RealKafka | undefined;
afterAll(async () => real?.stop());

test.runIf(appears('apache'))('a user with the right password may write and read, one with a wrong password is told so', async () => {
  const sasl = { mechanism: 'plain', username: 'millrace', password: 'right' } as const;
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  real = await startRealKafka({
    client: { sasl },
    config: {
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.plaintext.plain.sasl.jaas.config': `${login} username="broker" password="b" user_broker="b" user_millrace="right";`,
    },
  });
  const kafka = createKafka({ brokers: real.brokers, clientId: 'millrace-test', sasl });
  const admin = kafka.admin();
  await admin.ensureTopics([{ name: 'guarded', partitions: 1 }]);
  await admin.close();
  const producer = await kafka.producer();
  await producer.send({ topic: 'guarded', key: null, value: 'in' });
  await producer.close();
  const values: string[] = [];
  for await (const batch of kafka.read({ topic: 'guarded' })) values.push(...batch.records.map(({ value }) => String(value)));
  expect(values).toEqual(['in']);
  expect(structuredClone(kafka.settings)).toEqual({ brokers: real.brokers, clientId: 'millrace-test', sasl });

  const wrong = createKafka({ brokers: real.brokers, clientId: 'millrace-test', sasl: { ...sasl, password: 'wrong' } }).admin();
  await expect(wrong.ping()).rejects.toThrow(/[Aa]uthentication/);
  await wrong.close();
});
