import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import type { FlowNode } from '../flow.ts';
import { checkExpression } from '../jsonata/compile.ts';
import type { ConfigSchema, NodeTypeInfo } from '../node-type.ts';
import type { Problem } from '../problem.ts';

/**
 * What is wrong with a node's config: one problem for each field, in a sentence with the field's label; and every
 * expression in it that does not parse. Works on the type's JSON Schema alone and evaluates no code.
 */
export function checkConfig(node: FlowNode, type: NodeTypeInfo): Problem[] {
  const problems = new Map<string, Problem>();
  const add = (code: string, field: string, message: string, more: Partial<Problem> = {}) => {
    if (!problems.has(field)) problems.set(field, { code, severity: 'error', message, node: node.id, field, ...more });
  };
  const config = defined(node.config) as Record<string, unknown>;
  checkSchema(type.config, config, [], add);
  for (const key of Object.keys(config)) {
    if (type.config.properties?.[key] !== undefined || type.config.additionalProperties !== undefined) continue;
    add('field/unknown', key, `${type.title} has no setting “${key}”; it is not used. Delete it, or mend its name.`, {
      severity: 'warning',
    });
  }
  for (const { field, label, text } of expressionsOf(type.config, config)) {
    const [first] = checkExpression(text);
    if (first) add('field/expression', field, `${label} does not parse: ${sentence(first.message)}`, { position: first.position });
  }
  return [...problems.values()];
}

/** The value without undefined fields, which a document in the making may hold and the validator refuses to see. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : defined(item)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, defined(item)]));
}

type Add = (code: string, field: string, message: string) => void;

/** Validators are built once for each schema object; schemas of a catalog do not change. */
const validators = new WeakMap<ConfigSchema, Validator>();

function validate(schema: ConfigSchema, value: unknown): OutputUnit[] {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = new Validator(schema as Schema, '2020-12', false);
    validators.set(schema, validator);
  }
  return validator.validate(value).errors;
}

/** Keywords that only pass on what their subschemas say. */
const containers = new Set(['properties', 'items', 'prefixItems', 'additionalProperties', 'allOf', '$ref', 'propertyNames', 'if']);

function checkSchema(schema: ConfigSchema, value: unknown, path: string[], add: Add): void {
  const errors = validate(schema, value);
  const unions = errors.filter((unit) => unit.keyword === 'anyOf' || unit.keyword === 'oneOf');
  for (const unit of errors) {
    if (unions.some((union) => union !== unit && unit.keywordLocation.startsWith(`${union.keywordLocation}/`))) continue;
    const place = pointer(unit.instanceLocation);
    const found = at(schema, value, place);
    if (unions.includes(unit)) {
      const branch = branchFor(found.schema, found.value);
      if (branch) checkSchema(branch, found.value, [...path, ...place], add);
      else
        add(
          'field/wrong',
          [...path, ...place].join('.'),
          `${labelOf(found.schema, [...path, ...place])} has a value that is not possible here. Choose another one.`,
        );
    } else if (unit.keyword === 'required') {
      for (const key of missingKeys(found.schema, found.value)) {
        const field = [...path, ...place, key];
        add('field/missing', field.join('.'), `${labelOf(found.schema.properties?.[key], field)} is missing. Fill it in.`);
      }
    } else if (
      !containers.has(unit.keyword) ||
      (unit.keyword === 'propertyNames' && !errors.some((other) => other.keywordLocation.startsWith(`${unit.keywordLocation}/`)))
    ) {
      const field = [...path, ...place];
      const empty = found.value === '' && unit.keyword === 'minLength';
      add(empty ? 'field/missing' : 'field/wrong', field.join('.'), complaint(unit, found.schema, labelOf(found.schema, field)));
    }
  }
}

function missingKeys(schema: ConfigSchema, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
}

function pointer(location: string): string[] {
  return location
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Schema and value at a place below both. */
function at(schema: ConfigSchema, value: unknown, place: string[]): { schema: ConfigSchema; value: unknown } {
  let here: ConfigSchema = schema;
  let current = value;
  for (const key of place) {
    here = childOf(here, key, current);
    current = typeof current === 'object' && current !== null ? (current as Record<string, unknown>)[key] : undefined;
  }
  return { schema: here, value: current };
}

function childOf(schema: ConfigSchema, key: string, value: unknown): ConfigSchema {
  const branch = schema.anyOf || schema.oneOf ? branchFor(schema, value) : undefined;
  const from = branch ?? schema;
  if (Array.isArray(value)) return from.items ?? {};
  if (from.properties && Object.hasOwn(from.properties, key)) return from.properties[key] ?? {};
  return typeof from.additionalProperties === 'object' ? from.additionalProperties : {};
}

/** The branch of a union that a value means: the one that it fits, or the one whose constants it names. */
function branchFor(schema: ConfigSchema, value: unknown): ConfigSchema | undefined {
  const branches = schema.anyOf ?? schema.oneOf ?? [];
  const fitting = branches.find((branch) => validate(branch, value).length === 0);
  if (fitting) return fitting;
  return branches.find((branch) => {
    const constants = Object.entries(branch.properties ?? {}).filter(([, property]) => property.const !== undefined);
    if (constants.length === 0 || typeof value !== 'object' || value === null) return false;
    return constants.every(([key, property]) => (value as Record<string, unknown>)[key] === property.const);
  });
}

function labelOf(schema: ConfigSchema | undefined, field: string[]): string {
  const label = schema?.label ?? schema?.title;
  if (label !== undefined) return label;
  const name = field.at(-1) ?? '';
  if (/^\d+$/.test(name)) return `Item ${Number(name) + 1} of ${field.slice(0, -1).join('.')}`;
  return name === '' ? 'The config' : `“${name}”`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'yes or no (true or false)',
  object: 'an object',
  array: 'a list',
  null: 'empty',
};

/** One plain sentence for a keyword that failed. */
function complaint(unit: OutputUnit, schema: ConfigSchema, label: string): string {
  const number = (key: string) => String(schema[key]);
  switch (unit.keyword) {
    case 'type': {
      const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? ''];
      return `${label} must be ${types.map((type) => typeNames[type] ?? type).join(' or ')}.`;
    }
    case 'enum':
      return `${label} must be one of ${(schema.enum ?? []).map((item) => schema.enumLabels?.[String(item)] ?? String(item)).join(', ')}.`;
    case 'const':
      return `${label} must be ${JSON.stringify(schema.const)}.`;
    case 'minimum':
      return `${label} must be ${number('minimum')} or more.`;
    case 'maximum':
      return `${label} must be ${number('maximum')} or less.`;
    case 'exclusiveMinimum':
      return `${label} must be more than ${number('exclusiveMinimum')}.`;
    case 'exclusiveMaximum':
      return `${label} must be less than ${number('exclusiveMaximum')}.`;
    case 'minLength':
      return schema.minLength === 1 ? `${label} is empty. Fill it in.` : `${label} must have ${number('minLength')} characters or more.`;
    case 'maxLength':
      return `${label} must have ${number('maxLength')} characters or less.`;
    case 'minItems':
      return `${label} needs ${number('minItems')} or more entries.`;
    case 'maxItems':
      return `${label} takes ${number('maxItems')} entries or less.`;
    case 'pattern':
      return `${label} does not have the right form${typeof schema.placeholder === 'string' ? `; an example: ${schema.placeholder}` : ''}.`;
    case 'format':
      return `${label} must be a valid ${String(schema.format)}.`;
    default:
      return `${label} has a value that is not possible here (${unit.keyword}).`;
  }
}

/** The reason of another tool as the end of a sentence of ours. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

interface FoundExpression {
  field: string;
  label: string;
  text: string;
}

/** Every text in a config that its schema marks as an expression, with its place; hidden and empty fields are left out. */
export function expressionsOf(schema: ConfigSchema, value: unknown): FoundExpression[] {
  const found: FoundExpression[] = [];
  collect(schema, value, [], labelOf(schema, []), found);
  return found;
}

function collect(schema: ConfigSchema, value: unknown, path: string[], label: string, found: FoundExpression[]): void {
  if (typeof value === 'string') {
    const marked =
      schema.widget === 'jsonata' || [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((branch) => branch.widget === 'jsonata');
    if (marked && value.trim() !== '') found.push({ field: path.join('.'), label, text: value });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const child = childOf(schema, key, value);
    if (hidden(child, value as Record<string, unknown>)) continue;
    collect(child, item, [...path, key], labelOf(child, [...path, key]), found);
  }
}

function hidden(schema: ConfigSchema, siblings: Record<string, unknown>): boolean {
  const { showWhen } = schema;
  if (showWhen === undefined || siblings[showWhen.field] === undefined) return false;
  return !showWhen.is.includes(siblings[showWhen.field]);
}
