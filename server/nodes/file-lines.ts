import { stringify } from 'csv-stringify/sync';
import type { Message, NodeContext } from '../sdk.ts';
import { MessageError, stringifyJson } from '../sdk.ts';
import { compileNodeExpression, textOf } from './expression.ts';

/** What of a file sink's settings decides how a line looks and where it stands. */
export interface FileLineConfig {
  path: string;
  format: 'jsonl' | 'csv';
  columns: Record<string, string>;
  delimiter: ',' | ';' | 'tab';
  rotate: 'never' | 'daily';
}

/** A named column and what makes its value. */
export type FileColumn = readonly [string, (message: Message) => unknown];

/** The columns that the settings name; none: those of the file, or of the first message. */
export function columnsOf(config: FileLineConfig, context: NodeContext): FileColumn[] {
  return Object.entries(config.columns).map(([name, text]) => [name, compileNodeExpression(text, context, 'file')] as const);
}

/** A line of JSON Lines with its end. @throws MessageError `file/not-json` */
export function jsonLine(value: unknown): string {
  if (value instanceof Uint8Array) throw new MessageError('file/not-json', 'The message is raw bytes, which a JSON line cannot hold.');
  const json = stringifyJson(value ?? null);
  if (json === undefined) throw new MessageError('file/not-json', 'The message cannot be written as JSON.');
  return `${json}\n`;
}

/** The cells of a line of CSV by column. @throws MessageError `file/not-an-object`, or of an expression */
export function cellsOf(message: Message, expressions: readonly FileColumn[]): Map<string, string> {
  if (expressions.length > 0) return new Map(expressions.map(([name, evaluate]) => [name, textOf(evaluate(message)) ?? '']));
  const { value } = message;
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    value instanceof Uint8Array ||
    Object.keys(value).length === 0
  ) {
    throw new MessageError(
      'file/not-an-object',
      'The message is not an object with fields, so it has no columns. Map it to an object or name the columns.',
    );
  }
  return new Map(Object.entries(value).map(([name, field]) => [name, textOf(field) ?? '']));
}

export function csvLine(cells: readonly string[], config: FileLineConfig): string {
  return stringify([[...cells]], { delimiter: separator(config), record_delimiter: '\n', quoted_match: /^\s|\s$/ });
}

export function separator(config: FileLineConfig): string {
  return config.delimiter === 'tab' ? '\t' : config.delimiter;
}

/** The file that a message of this time (ms since 1970) belongs to, as a path inside the files folder. */
export function pathOf(config: FileLineConfig, timestamp: number): string {
  return config.rotate === 'daily' ? dated(config.path, new Date(timestamp).toISOString().slice(0, 10)) : config.path;
}

/** The path with a day, or whatever else stands for it, before the extension. */
export function dated(path: string, day: string): string {
  return path.replace(/(\.[^./]*)?$/, (extension = '') => `-${day}${extension}`);
}
