import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { defineNode, ExactNumber, MessageError, z } from '../sdk.ts';

/** How many faults the sentence of an error names; the details hold all. */
const named = 3;

/** Lets on messages that fit a JSON Schema; the others fail with what is wrong and where. */
export default defineNode({
  type: 'validate',
  version: 1,
  kind: 'transform',
  title: 'Validate',
  summary: 'Checks each message against a JSON Schema.',
  category: 'Transform',
  look: 'route',
  icon: 'validate',
  keywords: ['schema', 'json schema', 'check', 'contract', 'quality', 'required'],
  docs: `Messages that fit the schema go on unchanged. All others leave by the *Error* port, or become dead letters, with the
place and the reason of each fault.

The schema is [JSON Schema](https://json-schema.org), draft 2020-12, or draft 7 when its \`$schema\` says so, with formats such as
\`email\`, \`date-time\` and \`uuid\`. It must be complete: references to other addresses are not fetched.`,
  config: z.object({
    schema: z.record(z.string(), z.unknown()).meta({
      label: 'JSON Schema',
      help: 'What a good message looks like.',
      widget: 'json',
      group: 'Basics',
      examples: [
        { type: 'object', required: ['orderId'], properties: { orderId: { type: 'string' }, total: { type: 'number', minimum: 0 } } },
      ],
    }),
  }),
  check(config) {
    try {
      compileSchema(config.schema, false);
    } catch (error) {
      return [{ field: 'schema', message: `The JSON Schema cannot be used: ${reasonOf(error)}.` }];
    }
    try {
      compileSchema(config.schema, true);
    } catch (error) {
      return [
        { field: 'schema', severity: 'warning' as const, message: `The JSON Schema has a part that does nothing: ${reasonOf(error)}.` },
      ];
    }
    return [];
  },
  create(config) {
    const fits = compileSchema(config.schema, false);
    return {
      process(message, emit) {
        if (fits(plainNumbers(message.value))) {
          emit(message, 'out');
          return;
        }
        const faults = (fits.errors ?? []).map((error) => ({ pointer: error.instancePath, message: faultOf(error) }));
        const more = faults.length > named ? `, and ${faults.length - named} more` : '';
        const sentences = faults
          .slice(0, named)
          .map(({ pointer, message: fault }) => `${pointer === '' ? 'the message' : pointer} ${fault}`);
        throw new MessageError('validate/invalid', `The message does not fit the schema: ${sentences.join('; ')}${more}.`, {
          errors: faults,
        });
      },
    };
  },
});

type Validator = Ajv | Ajv2020;

/** One validator for each draft and strictness: making one compiles the meta-schema, which costs more than most schemas. */
const validators = new Map<string, Validator>();

function validatorFor(draft7: boolean, strict: boolean): Validator {
  const name = `${draft7} ${strict}`;
  const made = validators.get(name);
  if (made !== undefined) return made;
  const options = { allErrors: true, strict, strictTypes: false, strictRequired: false, strictTuples: false, logger: false } as const;
  const validator = draft7 ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(validator);
  validators.set(name, validator);
  return validator;
}

/** @throws Error when the schema is none, or names what it does not hold. */
function compileSchema(schema: Record<string, unknown>, strict: boolean): ValidateFunction {
  const validator = validatorFor(/draft-0[67]/.test(String(schema.$schema)), strict);
  try {
    return validator.compile(schema);
  } finally {
    // Schemas of different nodes are strangers, even when they carry one $id.
    validator.removeSchema(schema);
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

function faultOf(error: ErrorObject): string {
  const text = error.message ?? `fails ${error.keyword}`;
  if (error.keyword === 'additionalProperties') return `${text} (${String(error.params.additionalProperty)})`;
  if (error.keyword === 'enum')
    return `${text} (${(error.params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')})`;
  return text;
}

/** The same value with plain numbers for exact ones, which a validator would take for objects; itself when it has none. */
function plainNumbers(value: unknown): unknown {
  if (value instanceof ExactNumber) return Number(value.text);
  if (Array.isArray(value)) {
    const items = value.map(plainNumbers);
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(value)) {
    const plain = plainNumbers(item);
    if (plain !== item) copy = { ...(copy ?? (value as Record<string, unknown>)), [key]: plain };
  }
  return copy ?? value;
}
