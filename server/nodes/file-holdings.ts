import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TextDecoder } from 'node:util';
import { parseJson } from '#shared/json.ts';
import { csvReader } from '#shared/reconcile/csv.ts';
import { atPath, idText } from '#shared/reconcile/path.ts';
import type { SinkHoldings } from '../sdk.ts';
import { confinedPath } from './confined-path.ts';
import { cellsOf, columnsOf, dated, type FileLineConfig, jsonLine, separator } from './file-lines.ts';

/** What of the settings says how a line is named. */
export interface FileNameConfig extends FileLineConfig {
  /** Field or column; empty: the whole line names itself. */
  id: string;
}

/** Longer than any message that Kafka takes by default; more without an end of line is no file of lines. */
const longestLine = 64 * 1024 * 1024;
const readBytes = 256 * 1024;

/**
 * What a file sink's file holds, line by line: named by a field, or by a hash of the whole line, so that nothing of a
 * message is shown that nobody asked for. Memory is that of one line; a file that grows meanwhile is read up to where it
 * ended. A line that can have come from no message is named by its place.
 */
export const fileHoldings: SinkHoldings<FileNameConfig> = {
  key(config, context) {
    const expressions = columnsOf(config, context);
    return (message) => {
      if (config.format === 'csv') return nameOfCells(cellsOf(message, expressions), config);
      const line = jsonLine(message.value).trimEnd();
      return nameOfJson(message.value, line, config);
    };
  },
  async *keys(config, context, signal) {
    for (const path of await filesOf(config, context.filesFolder)) {
      let names: string[] = [];
      let line = 0;
      let since = 0;
      const found = (name: (place: string) => string): void => {
        line++;
        since = 0;
        names.push(name(`line ${line} of ${path}`));
      };
      const reader = config.format === 'csv' ? csvNames(config, found) : jsonNames(config, found);
      for await (const text of readText(confinedPath(context.filesFolder, path), signal)) {
        since += text.length;
        reader.push(text);
        if (since > longestLine)
          throw new Error(`${path} has no end of line for 64 MB after line ${line}. Look whether a quote is left open there.`);
        if (names.length === 0) continue;
        yield names;
        names = [];
      }
      reader.end();
      if (names.length > 0) yield names;
    }
  },
};

type Reader = { push(text: string): void; end(): void };
type Found = (name: (place: string) => string) => void;

function jsonNames(config: FileNameConfig, found: Found): Reader {
  let rest = '';
  const take = (line: string): void => {
    const text = line.trim();
    if (text === '') return;
    found((place) => {
      try {
        const value = parseJson(text);
        // Written anew, because white space and escapes of another writer name nothing else.
        return nameOfJson(value, jsonLine(value).trimEnd(), config);
      } catch {
        return `${place} (no JSON)`;
      }
    });
  };
  return {
    push(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    },
    end: () => take(rest),
  };
}

function csvNames(config: FileNameConfig, found: Found): Reader {
  let columns: string[] | undefined;
  return csvReader(separator(config), (cells) => {
    if (columns === undefined) {
      columns = cells;
      return;
    }
    const names = columns;
    found((place) =>
      cells.length > names.length
        ? `${place} (more cells than columns)`
        : nameOfCells(new Map(names.map((name, at) => [name, cells[at] ?? ''])), config),
    );
  });
}

function nameOfJson(value: unknown, line: string, { id }: FileNameConfig): string {
  return (id === '' ? undefined : idText(atPath(value, id))) ?? hashOf(line);
}

function nameOfCells(cells: Map<string, string>, { id }: FileNameConfig): string {
  // A file may have columns that a message has not; they are empty there.
  const full = [...cells].flatMap(([name, text]) => (text === '' ? [] : [[name.replaceAll('\r', ''), text.replaceAll('\r', '')]]));
  return (id === '' ? undefined : idText(cells.get(id))) ?? hashOf(JSON.stringify(full.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))));
}

function hashOf(line: string): string {
  return `line ${createHash('sha256').update(line).digest('hex').slice(0, 24)}`;
}

/** The files of the sink that are there, oldest day first. */
async function filesOf(config: FileNameConfig, folder: string): Promise<string[]> {
  const [before = '', after = ''] = basename(dated(config.path, '\0')).split('\0');
  const inside = dirname(config.path);
  const names = await readdir(join(folder, inside)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const isMine = (name: string): boolean => {
    if (config.rotate === 'never') return name === basename(config.path);
    const day = name.slice(before.length, name.length - after.length);
    return name.startsWith(before) && name.endsWith(after) && /^\d{4}-\d{2}-\d{2}$/.test(day);
  };
  return names
    .filter(isMine)
    .sort()
    .map((name) => (inside === '.' ? name : `${inside}/${name}`));
}

async function* readText(full: string, signal: AbortSignal): AsyncGenerator<string> {
  const handle = await open(full, 'r');
  try {
    const { size } = await handle.stat();
    const decoder = new TextDecoder('utf-8');
    const buffer = Buffer.alloc(readBytes);
    for (let at = 0; at < size && !signal.aborted; ) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(readBytes, size - at), at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
    }
  } finally {
    await handle.close();
  }
}
