import { defineNode, MessageError, z } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';

const config = z.object({
  text: z.string().default('').meta({
    label: 'Text',
    help: 'JSONata expression. Empty: the whole message.',
    widget: 'jsonata',
    placeholder: '"Order " & id & " of " & customer.email',
    group: 'Basics',
  }),
  level: z
    .enum(['info', 'warn', 'error'])
    .default('info')
    .meta({
      label: 'Level',
      group: 'Basics',
      enumLabels: { info: 'Info', warn: 'Warning', error: 'Error' },
    }),
});

/** The most characters of one message that the log takes. */
const most = 2000;

/** Log sink: each message as one line of the server's log. */
export default defineNode({
  type: 'log',
  version: 1,
  kind: 'sink',
  title: 'Log',
  summary: "Writes each message to the server's log.",
  category: 'Files',
  icon: 'scroll-text',
  keywords: ['debug', 'print', 'console', 'trace'],
  docs: `One log line for each message, at most ${most} characters of it. Made for a look at what passes, not for keeping: after a crash the last lines may come twice.`,
  config,
  guarantee: 'none',
  create(config, context) {
    const text = config.text.trim() === '' ? undefined : compileNodeExpression(config.text, context, 'log');
    return {
      async write(batch) {
        let failed = false;
        const outcomes = batch.messages.map((message) => {
          try {
            const line = textOf(text ? text(message) : message.value) ?? '(nothing)';
            context.log[config.level](line.length > most ? `${line.slice(0, most)}…` : line, { id: message.id, key: textOf(message.key) });
            return undefined;
          } catch (error) {
            if (!(error instanceof MessageError)) throw error;
            failed = true;
            return error;
          }
        });
        return failed ? outcomes : undefined;
      },
    };
  },
});
