import { defineNode, z } from '../sdk.ts';
import { compileNodeExpression, holds } from './expression.ts';

/** Lets messages on that meet a condition; the others are dropped and counted with the reason. */
export default defineNode({
  type: 'filter',
  version: 1,
  kind: 'transform',
  title: 'Filter',
  summary: 'Lets on the messages that meet a condition.',
  category: 'Transform',
  look: 'route',
  icon: 'filter',
  keywords: ['condition', 'where', 'drop', 'only', 'if', 'select'],
  docs: `Messages for which the condition holds go on unchanged. All others end here; they are counted under the reason you give.

\`\`\`
total > 100 and customer.country in ["DE", "AT", "CH"]
\`\`\`

A condition does not hold when it gives false, 0, an empty text, an empty list or nothing at all.
To send the others elsewhere, use **Switch**.`,
  config: z.object({
    condition: z
      .string()
      .min(1)
      .meta({
        label: 'Condition',
        help: 'Messages for which it holds go on.',
        widget: 'jsonata',
        group: 'Basics',
        examples: ['total > 100', 'status = "paid"'],
      }),
    reason: z
      .string()
      .min(1)
      .max(120)
      .default('does not meet the condition')
      .meta({
        label: 'Reason',
        help: 'Dropped messages are counted under this text.',
        group: 'Basics',
        examples: ['below 100 euro'],
      }),
  }),
  create(config, context) {
    const condition = compileNodeExpression(config.condition, context, 'filter');
    return {
      text: { scans: condition.scans, emits: 'same' },
      process(message, emit, drop) {
        if (holds(condition(message))) emit(message, 'out');
        else drop(config.reason);
      },
    };
  },
});
