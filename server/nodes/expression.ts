import { ExpressionError } from '#shared/jsonata/compile.ts';
import { messageLimits } from '#shared/jsonata/limits.ts';
import { formatPosition } from '#shared/message.ts';
import {
  compileExpression,
  ExactNumber,
  JsonText,
  type Message,
  MessageError,
  type NodeContext,
  parseJson,
  stringifyJson,
} from '../sdk.ts';

/** Names beside the message that an expression may use, without the dollar sign. */
type Names = Readonly<Record<string, unknown>>;

/** An expression of a node. The value of a message may be a JsonText; then a function as result counts as nothing. */
export interface NodeExpression {
  /** What it gives for one message; `more` are further names. */
  (message: Message, more?: Names): unknown;
  /** The same, as a JsonText where the value of the message is one. */
  make(message: Message): unknown;
  /** How often it goes through a JsonText: once where it reads parts of the message, and Infinity where it parses all. */
  readonly scans: number;
}

/**
 * Compiles an expression of a node's config. Its input is the message's value; `$key`, `$headers`, `$timestamp`
 * (ms since 1970) and `$origin` (`topic/partition/offset`) name the rest of the message, and the context's bindings
 * stand beside them. A failed evaluation becomes a MessageError `<code>/<code of the expression language>` in one plain
 * sentence, with the position in the expression among its details.
 * @param code first part of the error codes, by custom the node's type.
 * @throws Error when the text does not parse; checkFlow finds that before.
 */
export function compileNodeExpression(
  text: string,
  context: Pick<NodeContext, 'bindings' | 'environment'>,
  code = 'expression',
): NodeExpression {
  const compiled = compile(text, context.environment);
  const uses = (name: string) => text.includes(name) || text.includes('$eval');
  const shared = context.bindings;
  const alone = !uses('$key') && !uses('$headers') && !uses('$timestamp') && !uses('$origin');
  const wantsOrigin = uses('$origin');
  // Building names that the expression never reads would cost more than many an expression does.
  const namesOf = (message: Message): Names =>
    alone
      ? shared
      : {
          ...shared,
          key: message.key,
          headers: message.headers,
          timestamp: message.timestamp,
          origin: wantsOrigin ? formatPosition(message.origin) : undefined,
        };
  const readsParts = compiled.reads !== 'everything' && compiled.source !== undefined;

  function ofText(value: JsonText, names: Names): unknown {
    if (readsParts) {
      const json = compiled.evaluateText(value.text, names);
      if (json === undefined) return undefined;
      // A scalar is its text. A null may have been an infinity, and in objects and lists there may be functions.
      if (/^["tf\d-]/.test(json)) return parseJson(json);
    }
    return compiled.evaluate(value.parse(), names);
  }

  function evaluate(message: Message, more?: Names): unknown {
    const names = more === undefined ? namesOf(message) : { ...namesOf(message), ...more };
    const { value } = message;
    try {
      return value instanceof JsonText ? ofText(value, names) : compiled.evaluate(value, names);
    } catch (error) {
      throw refusal(error, code);
    }
  }

  function make(message: Message): unknown {
    const { value } = message;
    if (!(value instanceof JsonText)) return evaluate(message);
    const names = namesOf(message);
    try {
      const json = compiled.evaluateText(value.text, names);
      if (json === undefined) return undefined;
      // Null is a tombstone, but an infinity written as JSON is not.
      return json === 'null' ? compiled.evaluate(value.parse(), names) : JsonText.made(json);
    } catch (error) {
      throw refusal(error, code);
    }
  }

  return Object.assign(evaluate, { make, scans: readsParts ? 1 : Number.POSITIVE_INFINITY });
}

/** A failed evaluation as an error of the message; everything else is a bug and stays what it is. */
function refusal(error: unknown, code: string): unknown {
  if (!(error instanceof ExpressionError)) return error;
  const place = error.position === undefined ? {} : { position: error.position };
  return new MessageError(`${code}/${error.code.toLowerCase()}`, error.sentence, place);
}

function compile(text: string, environment: NodeContext['environment']): ReturnType<typeof compileExpression> {
  try {
    return compileExpression(text, { limits: messageLimits, ...(environment && { environment }) });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new Error(`The expression does not parse at character ${error.position ?? 0}: ${error.sentence}`);
  }
}

/** A result as the text of a key or header: text as it is, numbers by their digits, objects as JSON; null for nothing. */
export function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'object' ? (stringifyJson(value) ?? null) : String(value);
}

/** Whether a result counts as true, by the rules of the expression language's `$boolean`: nothing, 0, "" and empty lists do not. */
export function holds(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holds);
  if (value instanceof ExactNumber) return Number(value.text) !== 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return typeof value === 'function' ? false : Boolean(value);
}
