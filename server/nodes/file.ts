import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { SinkBatch, WriteOutcome } from '../sdk.ts';
import { defineNode, MessageError, RetriableError, z } from '../sdk.ts';
import { confinedPath, pathProblem } from './confined-path.ts';
import { fileHoldings } from './file-holdings.ts';
import { cellsOf, columnsOf, csvLine, jsonLine, pathOf, separator } from './file-lines.ts';

const config = z.object({
  path: z
    .string()
    .min(1)
    .default('messages.jsonl')
    .meta({ label: 'File', help: 'Path inside the files folder.', examples: ['orders.csv', 'erp/orders.jsonl'], group: 'Basics' }),
  format: z
    .enum(['jsonl', 'csv'])
    .default('jsonl')
    .meta({ label: 'Format', group: 'Basics', enumLabels: { jsonl: 'JSON Lines', csv: 'CSV' } }),
  columns: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .meta({
      label: 'Columns',
      help: "Column name and the JSONata expression of its value. Empty: the columns of the file's first line, or the fields of the first message.",
      widget: 'headers',
      group: 'Basics',
      examples: [{ id: 'id', total: 'total' }],
      showWhen: { field: 'format', is: ['csv'] },
    }),
  delimiter: z
    .enum([',', ';', 'tab'])
    .default(',')
    .meta({
      label: 'Between columns',
      group: 'Advanced',
      enumLabels: { ',': 'Comma', ';': 'Semicolon', tab: 'Tab' },
      showWhen: { field: 'format', is: ['csv'] },
    }),
  rotate: z
    .enum(['never', 'daily'])
    .default('never')
    .meta({
      label: 'New file',
      help: "By the day (UTC) of the message's own time: orders.csv becomes orders-2026-11-22.csv.",
      group: 'Advanced',
      enumLabels: { never: 'Never', daily: 'Every day' },
    }),
  id: z
    .string()
    .max(200)
    .default('')
    .meta({
      label: 'Id of a line',
      help: 'Field or column that names a line when the file is compared with what the flow sent (Reconcile). Empty: the whole line does.',
      examples: ['id', 'order.number'],
      group: 'Advanced',
    }),
});

type Config = z.output<typeof config>;

/** File sink: one line for each message, on disk before it counts as written. */
export default defineNode({
  type: 'file',
  version: 1,
  kind: 'sink',
  title: 'File',
  summary: 'Appends each message to a CSV or JSON Lines file.',
  category: 'Files',
  icon: 'file-text',
  keywords: ['csv', 'jsonl', 'json lines', 'export', 'append', 'disk'],
  docs: `Appends to a file of the server's files folder and waits until the disk has it. After a crash the last batch may stand in the file twice: a file cannot tell. *Reconcile* reads the file and finds such lines, and those that are missing.

A CSV file keeps the columns of its header line. A message with a field that has no column fails with \`file/column-unknown\` rather than lose the field; name the columns to pick some. Objects and lists in a cell are JSON.

Other codes: \`file/not-an-object\`, \`file/not-json\`; waited for: \`file/unavailable\` (disk full, no right to write).`,
  config,
  guarantee: 'none',
  check(config) {
    const problem = pathProblem(config.path);
    return problem === undefined ? [] : [{ field: 'path', message: problem }];
  },
  prepare(config, context) {
    confinedPath(context.filesFolder, config.path);
    const expressions = columnsOf(config, context);
    return (message) => {
      const path = pathOf(config, message.timestamp);
      if (config.format === 'jsonl') return { what: `a line of ${path}`, data: { path, line: jsonLine(message.value).trimEnd() } };
      const cells = cellsOf(message, expressions);
      return { what: `a line of ${path}`, data: { path, cells: Object.fromEntries(cells) } };
    };
  },
  holds: fileHoldings,
  create(config, context) {
    // Refused at the start of the flow, not at the first message.
    confinedPath(context.filesFolder, config.path);
    const expressions = columnsOf(config, context);
    let turn: Promise<unknown> = Promise.resolve();

    async function append(path: string, indexes: readonly number[], batch: SinkBatch, outcomes: WriteOutcome[]): Promise<void> {
      const full = confinedPath(context.filesFolder, path);
      const handle = await open(full, 'a+');
      try {
        const { size } = await handle.stat();
        let text = size > 0 && !(await endsWithNewline(handle, size)) ? '\n' : '';
        let columns = size > 0 && config.format === 'csv' ? await readHeader(handle, config) : undefined;
        for (const index of indexes) {
          const message = batch.messages[index];
          if (!message) continue;
          try {
            if (config.format === 'jsonl') text += jsonLine(message.value);
            else {
              const cells = cellsOf(message, expressions);
              if (!columns) {
                columns = [...cells.keys()];
                text += csvLine(columns, config);
              }
              text += csvLine(inOrder(cells, columns), config);
            }
          } catch (error) {
            if (!(error instanceof MessageError)) throw error;
            outcomes[index] = error;
          }
        }
        if (text === '') return;
        try {
          await handle.appendFile(text);
          await handle.datasync();
          if (size === 0) await syncFolder(dirname(full));
        } catch (error) {
          // A disk that fills up takes half a line; without it the lines before stay whole and the batch can come again.
          await handle
            .truncate(size)
            .catch((failure: Error) =>
              context.log.error('A half-written batch could not be taken back.', { path, error: failure.message }),
            );
          throw error;
        }
      } finally {
        await handle.close();
      }
    }

    async function writeBatch(batch: SinkBatch): Promise<WriteOutcome[] | undefined> {
      const outcomes: WriteOutcome[] = batch.messages.map(() => undefined);
      const files = new Map<string, number[]>();
      for (const [index, message] of batch.messages.entries()) {
        const path = pathOf(config, message.timestamp);
        const list = files.get(path);
        if (list) list.push(index);
        else files.set(path, [index]);
      }
      let waiting: RetriableError | undefined;
      for (const [path, indexes] of files) {
        try {
          if (!waiting) await append(path, indexes, batch, outcomes);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === undefined) throw error;
          waiting = new RetriableError('file/unavailable', `${path} cannot be written: ${(error as Error).message}.`, { cause: error });
        }
        if (waiting) for (const index of indexes) outcomes[index] = waiting;
      }
      return outcomes.some((outcome) => outcome !== undefined) ? outcomes : undefined;
    }

    return {
      // Partitions are written side by side, the file is one: each batch waits for its turn.
      write(batch) {
        const mine = turn.then(() => writeBatch(batch));
        turn = mine.catch(() => undefined);
        return mine;
      },
      async close() {
        await turn;
      },
    };
  },
});

/** The name of a new file is durable only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  // Windows neither opens folders nor needs to.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function inOrder(cells: Map<string, string>, columns: readonly string[]): string[] {
  for (const name of cells.keys()) {
    if (!columns.includes(name))
      throw new MessageError('file/column-unknown', `The file has no column ${name}. Name the columns to write, or begin a new file.`, {
        column: name,
      });
  }
  return columns.map((name) => cells.get(name) ?? '');
}

async function endsWithNewline(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 10;
}

/** The columns in the file's first line. Reads 64 KB at most, which is where a header ends or is none. */
async function readHeader(handle: FileHandle, config: Config): Promise<string[]> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
  return parseCsvLine(buffer.toString('utf8', 0, bytesRead).replace(/^\uFEFF/, ''), separator(config));
}

/** Cells of the first record (RFC 4180): quotes may hold separators, line ends and doubled quotes. */
function parseCsvLine(text: string, delimiter: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quoted && char === '"' && text[at + 1] === '"') {
      cell += '"';
      at++;
    } else if (char === '"') quoted = !quoted;
    else if (quoted) cell += char;
    else if (char === '\n' || char === '\r') break;
    else if (char === delimiter) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  return [...cells, cell];
}
