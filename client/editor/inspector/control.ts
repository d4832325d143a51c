import type { FlowNode } from '#shared/flow.ts';
import { stringifyJson } from '#shared/json.ts';
import type { ConfigSchema } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';

/** What every control gets. `path` is the field's place inside the config, such as `cases.0.when`. */
export interface ControlProps {
  id: string;
  path: string;
  schema: ConfigSchema;
  value: unknown;
  problems: readonly Problem[];
  disabled: boolean;
  node: FlowNode;
  describedBy: string | undefined;
  onChange: (value: unknown) => void;
}

/** Attributes that every plain control shares. */
export function common({ id, disabled, describedBy, problems }: ControlProps) {
  return { id, disabled, 'aria-describedby': describedBy, 'aria-invalid': problems.some((problem) => problem.severity === 'error') };
}

/** A value as the text of a field. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : (stringifyJson(value) ?? '');
}

/** The first example of a schema as a placeholder. */
export function exampleOf(schema: ConfigSchema): string | undefined {
  const [first] = schema.examples ?? [];
  return typeof first === 'string' || typeof first === 'number' ? String(first) : undefined;
}
