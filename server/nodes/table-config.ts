import { z } from '../sdk.ts';

/** Config fields that every table sink has. */
export const tableFields = {
  keys: z
    .array(z.string().min(1))
    .default([])
    .meta({
      label: 'Key columns',
      help: 'A row with the same key is updated. The table needs a unique index on them. Empty: every message is a new row.',
      group: 'Basics',
      examples: [['id']],
    }),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .meta({
      label: 'Columns',
      help: 'Column name and the JSONata expression of its value. Empty: every field of the message is a column.',
      widget: 'headers',
      group: 'Basics',
      examples: [{ id: 'id', customer: 'customer.name', total: '$sum(items.(price * qty))' }],
    }),
  batchSize: z
    .number()
    .int()
    .min(1)
    .max(5000)
    .default(200)
    .meta({ label: 'Batch', help: 'The most messages in one transaction.', group: 'Advanced' }),
};
