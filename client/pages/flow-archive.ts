import { strToU8, unzipSync, zipSync } from 'fflate';
import { parseFlow } from '#shared/document.ts';
import type { Flow } from '#shared/flow.ts';
import { type FolderContent, type FolderFile, folderOf, readFolder } from '#shared/flow-folder.ts';
import type { FlowTest } from '#shared/flow-test.ts';
import type { Problem } from '#shared/problem.ts';

/** Most that an archive may hold: far more than any flow, far less than what would stop the browser. */
const most = { files: 2000, bytes: 32 * 1024 * 1024 };
/** Archives of the same flow are the same bytes, so no file carries the time of the export. */
const noTime = new Date(1980, 0, 1);

/** A flow with its tests as a .zip of its folder form; the folder is called by the flow's id. */
export function zipFlow(flow: Flow, tests: readonly FlowTest[]): Uint8Array<ArrayBuffer> {
  const files = folderOf(flow, tests).map(({ path, text }) => [`${flow.id}/${path}`, strToU8(text)] as const);
  return zipSync(Object.fromEntries(files), { mtime: noTime, level: 9 });
}

/** Reads an exported file: a .zip of a folder, or the JSON of one flow. It is read wholly or not at all. */
export async function readArchive(file: File): Promise<FolderContent | { problems: readonly Problem[]; flow?: never }> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readZip(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refused('The file is neither a .zip nor text in UTF-8.');
  }
  const read = parseFlow(text);
  return read.flow === undefined ? read : { flow: read.flow, tests: [], warnings: [] };
}

/** Reads a .zip; a folder around its files is taken off. */
export function readZip(bytes: Uint8Array): FolderContent | { problems: readonly Problem[]; flow?: never } {
  let size = 0;
  let count = 0;
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        count++;
        size += originalSize;
        if (count > most.files || size > most.bytes) throw new RangeError('too large');
        return !name.endsWith('/');
      },
    });
  } catch (error) {
    if (error instanceof RangeError) return refused(`The .zip unpacks to more than ${most.files} files or 32 MB, which no flow does.`);
    return refused(`The .zip cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const roots = Object.keys(entries).filter((name) => /(^|\/)flow\.json$/.test(name) && !name.startsWith('__MACOSX/'));
  const [main, second] = roots.sort((a, b) => a.length - b.length);
  if (main === undefined) return refused('There is no flow.json in the .zip, so it holds no flow.');
  if (second !== undefined) return refused(`The .zip holds several flows (${roots.join(', ')}). Import each by itself.`);
  const root = main.slice(0, -'flow.json'.length);
  const files: FolderFile[] = [];
  for (const [name, content] of Object.entries(entries)) {
    if (!name.startsWith(root)) continue;
    const path = name.slice(root.length);
    if (!/^(flow\.json|layout\.json|mappings\/.+|tests\/.+\.json)$/.test(path)) continue;
    try {
      files.push({ path, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content) });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return refused(`${path} in the .zip is not text in UTF-8.`);
    }
  }
  return readFolder(files);
}

function refused(message: string): { problems: Problem[] } {
  return { problems: [{ code: 'archive/unreadable', severity: 'error', message }] };
}
