import type { KafkaRecord } from '../kafka/port.ts';

/** Stopped before anything of the batch was settled; nothing is committed and the messages come again. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** A bug met at one message: the stage stops, and after enough crashes at this position the message is quarantined. */
export class CrashAt extends Error {
  override readonly name = 'CrashAt';
  readonly at: { stage: string; topic: string; partition: number; offset: string };
  constructor(error: unknown, stage: string, record: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>) {
    super(error instanceof Error ? error.message : String(error), { cause: error });
    this.at = { stage, topic: record.topic, partition: record.partition, offset: String(record.offset) };
  }
}
