import type { ConfigSchema } from '#shared/node-type.ts';

/** A config schema as a form: which fields, in which groups, drawn how. Pure; nothing is evaluated. */

export interface FormField {
  name: string;
  schema: ConfigSchema;
  required: boolean;
}

export interface FormGroup {
  title: string;
  /** Basics are always open, the rest opens on demand. */
  open: boolean;
  fields: FormField[];
}

/** How a field is drawn. */
export type Control =
  | 'text'
  | 'textarea'
  | 'number'
  | 'duration'
  | 'switch'
  | 'choice'
  | 'jsonata'
  | 'json'
  | 'topic'
  | 'secret'
  | 'cron'
  | 'expressions'
  | 'items'
  | 'lines';

/** The fields of an object's schema in the order of their declaration. */
export function fieldsOf(schema: ConfigSchema): FormField[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: merged(field),
    required: schema.required?.includes(name) ?? false,
  }));
}

/** A schema without its wrappings: `anyOf` of one kind and null is that kind, and keeps the outer label and help. */
function merged(schema: ConfigSchema): ConfigSchema {
  const real = (schema.anyOf ?? schema.oneOf)?.filter((option) => option.type !== 'null');
  return real?.length === 1 && real[0] ? { ...real[0], ...schema } : schema;
}

/** Fields by group: Basics first and open, the others in the order in which they appear, Advanced last. */
export function groupsOf(fields: readonly FormField[]): FormGroup[] {
  const groups = new Map<string, FormField[]>();
  for (const field of fields) {
    const name = (field.schema.group ?? 'basics').toLowerCase();
    groups.set(name, [...(groups.get(name) ?? []), field]);
  }
  const weight = (name: string) => (name === 'basics' ? 0 : name === 'advanced' ? 2 : 1);
  return [...groups]
    .sort(([a], [b]) => weight(a) - weight(b))
    .map(([name, list]) => ({ title: name.slice(0, 1).toUpperCase() + name.slice(1), open: name === 'basics', fields: list }));
}

/** True when the field is to be shown beside these values of its object. */
export function isShown(schema: ConfigSchema, siblings: Readonly<Record<string, unknown>>): boolean {
  return schema.showWhen === undefined || schema.showWhen.is.includes(siblings[schema.showWhen.field]);
}

/** How to draw a field: its widget if it names one, else what its type says. */
export function controlOf(schema: ConfigSchema): Control {
  const type = Array.isArray(schema.type) ? schema.type.find((each) => each !== 'null') : schema.type;
  switch (schema.widget) {
    case 'jsonata':
    case 'json':
    case 'textarea':
    case 'topic':
    case 'secret':
    case 'cron':
    case 'duration':
    case 'text':
      return schema.widget;
    case 'headers':
      return 'expressions';
    case 'cases':
      return 'items';
  }
  if (schema.enum !== undefined) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') return schema.items?.properties ? 'items' : 'lines';
  if (type === 'object')
    return typeof schema.additionalProperties === 'object' && schema.additionalProperties.type === 'string' ? 'expressions' : 'json';
  return type === 'string' ? 'text' : 'json';
}

/** What a new item of a list starts with: its defaults, and empty text where text is needed. */
export function newItem(schema: ConfigSchema): Record<string, unknown> {
  const item: Record<string, unknown> = {};
  for (const { name, schema: field, required } of fieldsOf(schema)) {
    if (field.default !== undefined) item[name] = structuredClone(field.default);
    else if (required && controlOf(field) !== 'number' && controlOf(field) !== 'choice')
      item[name] = controlOf(field) === 'switch' ? false : '';
    else if (required && field.enum) item[name] = field.enum[0];
  }
  return item;
}

const units = [
  { unit: 'h', ms: 3_600_000 },
  { unit: 'min', ms: 60_000 },
  { unit: 's', ms: 1000 },
  { unit: 'ms', ms: 1 },
] as const;
export type DurationUnit = (typeof units)[number]['unit'];
export const durationUnits: readonly DurationUnit[] = ['ms', 's', 'min', 'h'];

/** Milliseconds in the largest unit that needs no fraction: 90000 is 90 s, 120000 is 2 min. */
export function splitDuration(ms: number): { amount: number; unit: DurationUnit } {
  const fitting = units.find((each) => ms !== 0 && ms % each.ms === 0) ?? { unit: 's' as const, ms: 1000 };
  return { amount: ms / fitting.ms, unit: fitting.unit };
}

/** The milliseconds of an amount in a unit. */
export function joinDuration(amount: number, unit: DurationUnit): number {
  return amount * (units.find((each) => each.unit === unit)?.ms ?? 1);
}
