import { defineNode, type Message, MessageError, type NodeContext, z } from '../sdk.ts';
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

type Config = z.output<typeof config>;

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
  prepare(config, context) {
    const line = lineMaker(config, context);
    return (message) => ({ what: `a log line (${config.level})`, data: { level: config.level, text: line(message) } });
  },
  create(config, context) {
    const line = lineMaker(config, context);
    return {
      async write(batch) {
        let failed = false;
        const outcomes = batch.messages.map((message) => {
          try {
            context.log[config.level](line(message), { id: message.id, key: textOf(message.key) });
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

/** The line of a message. It throws MessageError where the expression fails. */
function lineMaker({ text: expression }: Config, context: NodeContext): (message: Message) => string {
  const text = expression.trim() === '' ? undefined : compileNodeExpression(expression, context, 'log');
  return (message) => {
    const line = textOf(text ? text(message) : message.value) ?? '(nothing)';
    return line.length > most ? `${line.slice(0, most)}…` : line;
  };
}
