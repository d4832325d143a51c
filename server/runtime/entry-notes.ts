import type { LedgerEntry } from '#shared/ledger.ts';
import { header } from '#shared/message.ts';
import { ledgerTopic } from '#shared/plan.ts';
import type { RecordBatch, Work } from '../kafka/port.ts';
import { isControl } from './sink-message.ts';

/**
 * Adds to a stage's ledger entry what only the records of its range tell: that the range begins anew, which of them were
 * sent again by a replay or a retry, and which were orders. Nothing of it changes what the entry counts.
 */
export function withNotes(work: Work, batch: RecordBatch, stage: { id: string; kind: 'transform' | 'deliver' }): Work {
  const notes = notesOf(batch, work.consumed, stage.kind);
  if (notes === undefined) return work;
  const records = work.records.map((record) => {
    if (record.topic !== ledgerTopic || typeof record.value !== 'string') return record;
    const entry = JSON.parse(record.value) as LedgerEntry;
    return entry.stage === stage.id ? { ...record, value: JSON.stringify({ ...entry, ...notes }) } : record;
  });
  return { ...work, records };
}

function notesOf(batch: RecordBatch, consumed: number, kind: 'transform' | 'deliver'): Partial<LedgerEntry> | undefined {
  const notes: Partial<LedgerEntry> = batch.anew === undefined ? {} : { anew: String(batch.anew) };
  if (kind === 'deliver') {
    let [resent, orders] = [0, 0];
    for (let at = 0; at < consumed; at++) {
      const record = batch.records[at];
      if (record === undefined) break;
      if (isControl(record)) orders++;
      else if (record.headers[header.replay] !== undefined || record.headers[header.item] !== undefined) resent++;
    }
    if (resent > 0) notes.resent = resent;
    if (orders > 0) notes.orders = orders;
  }
  return Object.keys(notes).length === 0 ? undefined : notes;
}
