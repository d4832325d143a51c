/** What a sink promises about the effect of one message that is delivered more than once. */
export type Guarantee = 'upsert' | 'idempotency-key' | 'transaction' | 'none';

/** Guarantee as data: fixed, or chosen by the value of one config field. */
export type GuaranteeSpec = Guarantee | { field: string; cases: Record<string, Guarantee>; otherwise: Guarantee };

export interface Port {
  id: string;
  label: string;
  /** A warning when nothing is connected to it (a switch's lane for the rest). */
  wanted?: boolean;
}

/** Output ports as data, so that they reach the browser: a fixed list, or one for each item of a config list. */
export type PortSpec = Port[] | { perItem: string; id: string; label: string; plus: Port[] };

export type NodeKind = 'source' | 'transform' | 'sink';

/** How a node is drawn: shape and colour of its tile. */
export type NodeLook = 'source' | 'map' | 'route' | 'enrich' | 'sink' | 'custom';

/** JSON Schema (2020-12) of a config, with Millrace's own annotations on its properties. */
export interface ConfigSchema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  items?: ConfigSchema;
  anyOf?: ConfigSchema[];
  oneOf?: ConfigSchema[];
  additionalProperties?: boolean | ConfigSchema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  /** From zod's `.meta()`: form label, help line, widget, group of the form, labels of the enum's values. */
  label?: string;
  help?: string;
  placeholder?: string;
  widget?: Widget;
  group?: string;
  enumLabels?: Record<string, string>;
  /** Show this field only when another field of the same object has one of these values. */
  showWhen?: { field: string; is: unknown[] };
  [key: string]: unknown;
}

export type Widget = 'jsonata' | 'json' | 'text' | 'textarea' | 'topic' | 'secret' | 'cron' | 'headers' | 'cases' | 'duration';

/** What the browser knows of a node type: all data, no code. */
export interface NodeTypeInfo {
  type: string;
  version: number;
  kind: NodeKind;
  title: string;
  summary: string;
  /** Markdown, shown in the inspector. */
  docs?: string;
  category: string;
  look: NodeLook;
  /** Name of an icon of the studio's set, or SVG path data for a custom type. */
  icon: string;
  keywords?: string[];
  config: ConfigSchema;
  ports: PortSpec;
  guarantee?: GuaranteeSpec;
  /** Config field whose value no two nodes of running flows may share (a webhook's path), and what to call it. */
  unique?: { field: string; what: string };
  /** True when the node is a Kafka topic itself: no ingest or deliver stage. */
  topic?: { field: string };
  /** True for types from MILLRACE_NODES. */
  custom?: boolean;
}

/** The node types that exist, and the files that should have given one and could not. */
export interface Catalog {
  types: NodeTypeInfo[];
  failures: { file: string; message: string }[];
}

/** Every transform has it: messages that failed at the node leave here when it is connected. */
export const errorPort: Port = { id: 'error', label: 'Error' };

/** Output ports of a configured node, the error port (transforms only) last. */
export function outputPorts(type: NodeTypeInfo, config: Record<string, unknown>): Port[] {
  if (type.kind === 'sink') return [];
  return type.kind === 'transform' ? [...ownPorts(type.ports, config), errorPort] : ownPorts(type.ports, config);
}

function ownPorts(spec: PortSpec, config: Record<string, unknown>): Port[] {
  if (Array.isArray(spec)) return spec;
  const items = config[spec.perItem];
  const ports: Port[] = [];
  for (const item of Array.isArray(items) ? items : []) {
    if (typeof item !== 'object' || item === null) continue;
    const entry = item as Record<string, unknown>;
    const id = entry[spec.id];
    if (typeof id === 'string') ports.push({ id, label: typeof entry[spec.label] === 'string' ? String(entry[spec.label]) : id });
  }
  return [...ports, ...spec.plus];
}

/** The input port of a node; sources have none. */
export function inputPort(type: NodeTypeInfo): Port | undefined {
  return type.kind === 'source' ? undefined : { id: 'in', label: 'In' };
}

/** Guarantee of a configured sink. */
export function guaranteeOf(spec: GuaranteeSpec | undefined, config: Record<string, unknown>): Guarantee {
  if (spec === undefined) return 'none';
  if (typeof spec === 'string') return spec;
  return spec.cases[String(config[spec.field])] ?? spec.otherwise;
}

/** The config a new node starts with: the defaults that the schema declares. */
export function defaultConfig(type: NodeTypeInfo): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(type.config.properties ?? {})) {
    if (field.default !== undefined) config[name] = structuredClone(field.default);
    else if (field.const !== undefined) config[name] = field.const;
  }
  return config;
}

/** A node's config with the defaults where it says nothing, which is how the server reads it too. */
export function effectiveConfig(type: NodeTypeInfo, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...defaultConfig(type), ...config };
}
