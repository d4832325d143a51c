import type { z } from 'zod';
import type { JsonText } from '#shared/json-text.ts';
import type { Environment } from '#shared/jsonata/options.ts';
import type { Headers, Message, Position } from '#shared/message.ts';
import type { GuaranteeSpec, NodeKind, NodeLook, PortSpec } from '#shared/node-type.ts';
import type { StartAt, ValueFormat } from '#shared/plan.ts';
import type { Shape } from '#shared/shape/shape.ts';

/**
 * The one import of a custom node type. A type is one file whose default export is one `defineNode` call.
 *
 * Errors are sorted by who must act: throw {@link MessageError} when this message is bad, {@link RetriableError}
 * when the world is not ready; anything else is taken for a bug of the node and stops the stage.
 */

/** This message is bad and will not get better: error port, dead letter, skip or stop, as the flow says. */
export class MessageError extends Error {
  /** Lower case with slashes, stable: `map/failed`, `http/404`. */
  readonly code: string;
  readonly details: Record<string, unknown>;
  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'MessageError';
    this.code = code;
    this.details = details;
  }
}

/** The world is not ready (a time-out, a 429, a lost connection): wait, then the same message again. */
export class RetriableError extends Error {
  readonly code: string;
  /** Wait at least this long, in milliseconds (a Retry-After header). */
  readonly afterMs: number | undefined;
  /** True when the other side may have done it although it did not say so: the next try may then double it. */
  readonly unsure: boolean;
  /** True when nobody was asked for this message: it only waits behind another one. */
  readonly untried: boolean;
  constructor(
    code: string,
    message: string,
    options: { afterMs?: number | undefined; unsure?: boolean; untried?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'RetriableError';
    this.code = code;
    this.afterMs = options.afterMs;
    this.unsure = options.unsure ?? false;
    this.untried = options.untried ?? false;
  }
}

/** A question to the world outside that a transform needs an answer to before it can go on. */
export interface OutsideCall {
  /** For people, without anything secret: `GET https://erp.example.com/customers/5`. */
  what: string;
  /** True when it changes nothing outside: only then a Try may really make it. */
  readsOnly: boolean;
  /** JSON data that names the question, without anything secret: equal data may be given the recorded answer. */
  request: unknown;
}

/** What every node may use. */
export interface NodeContext {
  flow: string;
  version: number;
  node: string;
  label: string;
  /** The value of a stored secret. Throws when there is none of that name. */
  secret(name: string): string;
  /** A folder that belongs to Millrace, where file and table sinks may write; paths outside it are refused. */
  filesFolder: string;
  /** Names an expression may use beside the message, such as `$sandbox` in demo mode. */
  bindings: Readonly<Record<string, unknown>>;
  /** host:port pairs and CIDR blocks that outbound calls may reach although they are private. */
  allowPrivate: readonly string[];
  /**
   * The one door through which a transform asks the world. Where the flow runs, `perform` is called; in a Try the answer
   * may be a recorded or fixed one instead. The answer must be JSON data without anything secret.
   * @throws whatever `perform` throws; in a Try also that there is no answer, which a node lets through.
   */
  call<T>(call: OutsideCall, perform: () => Promise<T>): Promise<T>;
  /** Where expressions take the time and random numbers from; left out, from the machine. A Try gives its own. */
  environment?: Environment;
  /** Log lines carry flow, version and node by themselves. */
  log: {
    info(message: string, fields?: object): void;
    warn(message: string, fields?: object): void;
    error(message: string, fields?: object): void;
  };
}

/** Hands a message to an output port; the default port is the type's first one. */
export type Emit = (message: Message, port?: string) => void;

/**
 * How a node works on JSON text instead of a parsed value. The value of a message may then be a {@link JsonText}, when
 * all nodes behind it can work on text too.
 */
export interface TextWork {
  /** How often the node goes through the text of a message. Infinity: it would parse it, so it should not get one. */
  scans: number;
  /** Whether it emits the value that it got, or a {@link JsonText} of its own. */
  emits: 'same' | 'new';
}

/** A transform. It never mutates the message; it emits changed copies: `emit({ ...message, value })`. */
export interface TransformInstance {
  /**
   * Called once for each message, in order. Emitting nothing is filtering: say why with `drop`.
   * Return nothing when synchronous (fast); a promise only when the node really must wait.
   */
  process(message: Message, emit: Emit, drop: (reason: string) => void): void | Promise<void>;
  /** Left out: the value of every message is parsed. */
  text?: TextWork;
  close?(): void | Promise<void>;
}

/** What a source gives: the raw event. Bytes are written as they are, other values as JSON. */
export interface SourceEvent {
  key?: string | null;
  value: unknown;
  headers?: Headers;
  timestamp?: number;
}

/** Resolves when the event is durable in the source's topic (acks=all); only then acknowledge it outside. */
export type EmitEvent = (event: SourceEvent) => Promise<Position>;

export interface SourceContext extends NodeContext {
  /** Events of this source that its topic holds since then (ms since 1970), oldest first: to rebuild a dedupe window. */
  recall(sinceMs: number): AsyncIterable<{ key: string | null; headers: Headers; timestamp: number }>;
  /** Counts an event that was refused before it became a message. */
  refused(reason: string): void;
}

/** A request as it came in, body untouched. */
export interface HookRequest {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: Uint8Array;
}
export interface HookResponse {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface SourceInstance {
  /** Runs until the signal fires. A source that only answers requests leaves it out. */
  run?(emit: EmitEvent, signal: AbortSignal): Promise<void>;
  /** Answers one request of a webhook; must await `emit` before it answers 2xx. */
  handle?(request: HookRequest, emit: EmitEvent): Promise<HookResponse>;
  close?(): void | Promise<void>;
}

/** Messages of one partition, in order. `position` is where each stands in the sink's own topic. */
export interface SinkBatch {
  group: string;
  topic: string;
  partition: number;
  /** Id of the Kafka cluster, where known: offsets of another cluster are never taken for this one's. */
  cluster?: string;
  messages: readonly SinkMessage[];
}
export interface SinkMessage extends Message {
  position: Position;
  /** Stable name of this output, the same at every redelivery: `<origin>#<index>`. */
  id: string;
}

/** undefined: written. An error: not written, and why. */
export type WriteOutcome = undefined | MessageError | RetriableError;

export interface SinkInstance {
  /** The most messages that one `write` gets. Default 100. */
  batchSize?: number;
  /**
   * Writes a batch. Returning nothing means all are written. Else one outcome for each message, in order; after a
   * RetriableError for a key, later messages of that key must not be written either (order within a key).
   * A thrown RetriableError means nothing of the batch was written.
   */
  write(batch: SinkBatch, signal: AbortSignal): Promise<void | WriteOutcome[]>;
  close?(): void | Promise<void>;
}

/** A record for a user's own topic, made by a Kafka topic sink inside the transform transaction. */
export interface TopicRecord {
  topic: string;
  key: string | Uint8Array | null;
  /** Encoded by the sink; null is a tombstone. */
  value: Uint8Array | string | null;
  headers: Headers;
  /** Left out: by key, as Kafka's own partitioner does. */
  partition?: number;
  timestamp?: number;
}
export interface TopicSinkInstance {
  /** Makes the record; throws MessageError when it cannot. Synchronous. */
  record(message: Message): TopicRecord;
  /** For sinks that write a {@link JsonText} as it is. Left out: the value of every message is parsed. */
  text?: Pick<TextWork, 'scans'>;
  close?(): void | Promise<void>;
}

/** What a node that is a Kafka topic says of it. `create`: partitions to create it with when it is missing. */
export interface TopicUse {
  topic: string;
  from?: StartAt;
  format?: ValueFormat;
  create?: { partitions?: number };
}

interface NodeTypeBase<Schema extends z.ZodType, Kind extends NodeKind> {
  type: string;
  version: number;
  kind: Kind;
  title: string;
  summary: string;
  docs?: string;
  category: string;
  look?: NodeLook;
  icon: string;
  keywords?: string[];
  /** Labels, help, widgets and groups ride on `.meta({ label, help, widget, group, placeholder, examples, showWhen })`. */
  config: Schema;
  /** Further problems of a config that its schema cannot say; `field` is the path inside the config. */
  check?(config: z.output<Schema>): { field?: string; message: string; severity?: 'error' | 'warning'; position?: number }[];
  upgrade?(config: Record<string, unknown>, fromVersion: number): Record<string, unknown>;
}

/** How a source makes an event of a record that did not come in by itself, as it would have made it of the same bytes. */
export type EventMaker = (body: Uint8Array) => SourceEvent;

export interface SourceType<Schema extends z.ZodType = z.ZodType> extends NodeTypeBase<Schema, 'source'> {
  /** Encoding of what the source writes to its topic. Default json. */
  format?(config: z.output<Schema>): ValueFormat;
  /** The path under /hooks/ that it answers, for types with `handle`. */
  hook?(config: z.output<Schema>): { method: string; path: string; maxBytes: number };
  unique?: { field: string; what: string };
  /** For a backfill of what never came in. Left out: a backfill writes the record with its id as the key. */
  event?(config: z.output<Schema>, context: NodeContext): EventMaker;
  create(config: z.output<Schema>, context: SourceContext): SourceInstance | Promise<SourceInstance>;
}
export interface TransformType<Schema extends z.ZodType = z.ZodType> extends NodeTypeBase<Schema, 'transform'> {
  ports?: PortSpec;
  /**
   * Whether everybody who may try a flow may let this node really ask the world; else only developers and admins may. It
   * counts while the version that runs has the node with the same settings.
   */
  openInTry?(config: z.output<Schema>): boolean;
  create(config: z.output<Schema>, context: NodeContext): TransformInstance | Promise<TransformInstance>;
}
/** What a node may use while it is asked something apart from a running flow. */
export type AskContext = Pick<NodeContext, 'secret' | 'filesFolder' | 'allowPrivate'>;

/** What a place takes; `what` names it for people: `the table orders in warehouse.db`. */
export interface SinkTarget {
  what: string;
  shape: Shape;
}

/** What a sink would send for one message: a call, a row, a line. */
export interface SinkRequest {
  /** For people, without anything secret: `POST https://crm.example.com/customers/5`. */
  what: string;
  /** JSON data; bytes and secrets do not stand in it. */
  data: unknown;
}
/** What a sink's place holds, for comparing it with what the flow sent there. */
export interface SinkHoldings<Config> {
  /** Why it cannot be compared with these settings, for people; undefined: it can. */
  unable?(config: Config): string | undefined;
  /** The name under which the place keeps a message. The function throws the MessageError that `write` would give. */
  key(config: Config, context: NodeContext): (message: SinkMessage) => string;
  /** Names of all that the place holds now, some at a time, in any order. It reads only and leaves nothing open. */
  keys(config: Config, context: AskContext, signal: AbortSignal): AsyncIterable<string[]>;
}

export interface SinkType<Schema extends z.ZodType = z.ZodType> extends NodeTypeBase<Schema, 'sink'> {
  guarantee: GuaranteeSpec;
  /**
   * For a Try: what `write` would send, made by the same code, without opening or reaching anything. The function throws
   * the MessageError that `write` would give. Left out: a Try shows the message as it comes in.
   */
  prepare?(config: z.output<Schema>, context: NodeContext): (message: SinkMessage) => SinkRequest;
  /**
   * What the place that it writes to takes, as far as the place says so, such as the columns of a table. It reads that
   * anew, writes nothing and leaves nothing open. Undefined where there is no such place yet, or it says nothing.
   */
  takes?(config: z.output<Schema>, context: AskContext, signal: AbortSignal): Promise<SinkTarget | undefined>;
  /** Left out: the place cannot be asked what it holds. */
  holds?: SinkHoldings<z.output<Schema>>;
  create(config: z.output<Schema>, context: NodeContext): SinkInstance | Promise<SinkInstance>;
}
/** A node that is a Kafka topic: a source of it has no ingest stage, a sink of it no deliver stage. */
export interface TopicSourceType<Schema extends z.ZodType = z.ZodType> extends NodeTypeBase<Schema, 'source'> {
  topic: { field: string; use(config: z.output<Schema>): TopicUse };
}
export interface TopicSinkType<Schema extends z.ZodType = z.ZodType> extends NodeTypeBase<Schema, 'sink'> {
  topic: { field: string; use(config: z.output<Schema>): TopicUse };
  create(config: z.output<Schema>, context: NodeContext): TopicSinkInstance;
}

export type NodeType = SourceType | TransformType | SinkType | TopicSourceType | TopicSinkType;

/** Declares a node type; it only returns what it is given, typed. Export the result as the file's default. */
export function defineNode<Schema extends z.ZodType>(type: SourceType<Schema>): SourceType<Schema>;
export function defineNode<Schema extends z.ZodType>(type: TransformType<Schema>): TransformType<Schema>;
export function defineNode<Schema extends z.ZodType>(type: SinkType<Schema>): SinkType<Schema>;
export function defineNode<Schema extends z.ZodType>(type: TopicSourceType<Schema>): TopicSourceType<Schema>;
export function defineNode<Schema extends z.ZodType>(type: TopicSinkType<Schema>): TopicSinkType<Schema>;
export function defineNode(type: unknown): unknown {
  return type;
}

export { z } from 'zod';
export { ExactNumber, parseJson, stringifyJson } from '#shared/json.ts';
export { JsonText } from '#shared/json-text.ts';
export { compile as compileExpression } from '#shared/jsonata/compile.ts';
export type { Headers, Message, Position } from '#shared/message.ts';
