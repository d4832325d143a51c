import { formatPosition, header } from '#shared/message.ts';
import { defineNode, z } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';

/** Makes one message of each item of a list. */
export default defineNode({
  type: 'split',
  version: 1,
  kind: 'transform',
  title: 'Split',
  summary: 'Makes one message of each item of a list.',
  category: 'Transform',
  look: 'map',
  icon: 'split',
  keywords: ['list', 'array', 'explode', 'lines', 'items', 'each', 'flatten'],
  docs: `Gives one message for each item of the list that the expression finds. A single value counts as a list of one.
Every part carries \`${header.split}\` (for example \`2/5\`) and \`${header.parent}\`, so parts can be counted and led back.

The expressions for the items may also use \`$parent\` (the value of the whole message), \`$index\` (from 1) and \`$count\`:

\`\`\`
lines.{ "order": $parent.orderId, "sku": sku }
\`\`\`

A message whose list is empty ends here and is counted.`,
  config: z.object({
    expression: z
      .string()
      .min(1)
      .meta({
        label: 'List',
        help: 'Where the list is, or an expression that makes one.',
        widget: 'jsonata',
        group: 'Basics',
        examples: ['lines', 'orders[status = "open"]'],
      }),
    key: z
      .string()
      .meta({
        label: 'New key',
        help: 'For each item, which is the input. Left empty, every part keeps the key of the message.',
        widget: 'jsonata',
        group: 'Key',
        examples: ['sku', '$parent.orderId'],
      })
      .optional(),
    reason: z
      .string()
      .min(1)
      .max(120)
      .default('the list is empty')
      .meta({ label: 'Reason for empty lists', help: 'Messages with an empty list are counted under this text.', group: 'Advanced' }),
  }),
  create(config, context) {
    const list = compileNodeExpression(config.expression, context, 'split');
    const key = config.key?.trim() ? compileNodeExpression(config.key, context, 'split') : undefined;
    return {
      process(message, emit, drop) {
        const found = list(message, { parent: message.value });
        const items: unknown[] = Array.isArray(found) ? found : found === undefined || found === null ? [] : [found];
        if (items.length === 0) {
          drop(config.reason);
          return;
        }
        const parent = formatPosition(message.origin);
        items.forEach((value, at) => {
          const headers = { ...message.headers, [header.parent]: parent, [header.split]: `${at + 1}/${items.length}` };
          const part = { ...message, value, headers };
          emit(key ? { ...part, key: textOf(key(part, { parent: message.value, index: at + 1, count: items.length })) } : part, 'out');
        });
      },
    };
  },
});
