import { defineNode, type Headers, type Message, MessageError, z } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';

/** Makes a new value of each message with one expression; a new key and headers if wanted. */
export default defineNode({
  type: 'map',
  version: 1,
  kind: 'transform',
  title: 'Map',
  summary: 'Makes a new message of each message.',
  category: 'Transform',
  look: 'map',
  icon: 'map',
  keywords: ['transform', 'jsonata', 'convert', 'rename', 'fields', 'expression', 'mapper'],
  docs: `Builds the new value with a [JSONata](https://docs.jsonata.org) expression. The message's value is the input:

\`\`\`
{ "name": customer.firstName & " " & customer.lastName, "total": $sum(lines.(price * quantity)) }
\`\`\`

**Names:** \`$key\`, \`$headers\`, \`$timestamp\` (milliseconds since 1970) and \`$origin\` (where the message entered the flow).

**Key and headers** stay as they are unless you set them here. Their expressions see the incoming message, not the result.
A header whose expression gives nothing is removed.

**Numbers** that are only copied keep every digit, however long.

A message whose expression fails leaves by the *Error* port, or becomes a dead letter.`,
  config: z.object({
    expression: z
      .string()
      .min(1)
      .meta({
        label: 'New value',
        help: 'What the message becomes. The input is the value of the message.',
        widget: 'jsonata',
        group: 'Basics',
        examples: ['{ "id": orderId, "email": $lowercase(customer.email) }'],
      }),
    key: z
      .string()
      .meta({
        label: 'New key',
        help: 'Messages with one key stay in order. Left empty, the key stays as it is.',
        widget: 'jsonata',
        group: 'Key and headers',
        examples: ['orderId'],
      })
      .optional(),
    headers: z
      .record(z.string().min(1), z.string().meta({ label: 'Header', widget: 'jsonata' }))
      .meta({
        label: 'Headers to set',
        help: 'Name of a header, and the expression that gives its text.',
        widget: 'headers',
        group: 'Key and headers',
        examples: [{ country: 'customer.country' }],
      })
      .optional(),
    whenNothing: z
      .enum(['error', 'drop'])
      .default('error')
      .meta({
        label: 'When the expression gives nothing',
        help: 'An expression gives nothing when the fields it reads are missing.',
        group: 'Advanced',
        enumLabels: { error: 'Treat the message as failed', drop: 'Drop the message and count it' },
      }),
  }),
  create(config, context) {
    const value = compileNodeExpression(config.expression, context, 'map');
    const key = config.key?.trim() ? compileNodeExpression(config.key, context, 'map') : undefined;
    const headers = Object.entries(config.headers ?? {})
      .filter(([, text]) => text.trim() !== '')
      .map(([name, text]) => [name, compileNodeExpression(text, context, 'map')] as const);

    function headersOf(message: Message): Headers {
      if (headers.length === 0) return message.headers;
      const result = { ...message.headers };
      for (const [name, expression] of headers) {
        const text = textOf(expression(message));
        if (text === null) delete result[name];
        else result[name] = text;
      }
      return result;
    }

    const beside = [...(key ? [key] : []), ...headers.map(([, expression]) => expression)];
    return {
      text: { scans: beside.reduce((sum, { scans }) => sum + scans, value.scans), emits: 'new' },
      process(message, emit, drop) {
        const made = value.make(message);
        // A function is nothing that could be sent.
        if (made === undefined || typeof made === 'function') {
          if (config.whenNothing === 'drop') {
            drop('the expression gave nothing');
            return;
          }
          throw new MessageError(
            'map/nothing',
            'The expression gave nothing for this message, most likely because a field it reads is missing. Give it a default, or choose to drop such messages.',
          );
        }
        emit({ ...message, value: made, key: key ? textOf(key(message)) : message.key, headers: headersOf(message) }, 'out');
      },
    };
  },
});
