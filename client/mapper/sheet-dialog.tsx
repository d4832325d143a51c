import { Download, FileSpreadsheet } from 'lucide-react';
import { type DragEvent, useMemo, useRef, useState } from 'react';
import { type CsvProblem, type CsvRow, readCsv } from '#shared/mapping/csv.ts';
import type { Edited } from '#shared/mapping/edit/edit.ts';
import { importRows, type SheetReport, sheetOf, sheetToCsv } from '#shared/mapping/sheet.ts';
import { nodeName } from '#shared/node-name.ts';
import { findNode } from '../editor/document.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { describeError } from '../ui/states.tsx';
import { type Level, Notice, StatusBadge } from '../ui/status.tsx';
import { useMapper, useMapperState } from './context.ts';
import { canEdit, commit } from './gestures.ts';
import type { Mapper } from './mapper-store.ts';
import styles from './sheet-dialog.module.css';
import { rowsOfXlsx, type SheetFacts, sheetToXlsx } from './sheet-file.ts';

/** Bytes of a file that is taken. */
const mostBytes = 5 * 1024 * 1024;

/** A sheet that was read, and what it would do. */
interface Read {
  file: string;
  edit: Edited;
  reports: readonly SheetReport[];
}

/** The mapping as a sheet: out for people to read and sign, and in with a report of what it would change. */
export function SheetDialog() {
  const open = useMapperState((state) => state.open?.kind === 'sheet');
  return open ? <Sheet /> : null;
}

function Sheet() {
  const mapper = useMapper();
  const view = useMapperState((state) => state.view);
  const [read, setRead] = useState<Read>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => (view.ok ? sheetOf(view) : []), [view]);
  const close = (): void => mapper.set({ open: undefined });
  const changes = (read?.reports ?? []).filter(({ outcome }) => outcome === 'set' || outcome === 'added').length;

  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setError(undefined);
    setRead(undefined);
    try {
      if (file.size > mostBytes) throw new Error('The file is larger than 5 MB, which no sheet of a mapping is.');
      const { rows: cells, problem } = await cellsOf(file);
      const { edit, reports } = importRows(mapper.getState().view, cells, problem);
      setRead({ file: file.name, edit, reports });
    } catch (cause) {
      setError(describeError(cause).message);
    }
  };
  const apply = (): void => {
    if (read === undefined) return;
    if (commit(mapper, read.edit, `take ${plural(changes, 'row')} from ${read.file}`, `${plural(changes, 'row')} taken from ${read.file}.`))
      close();
  };
  const xlsx = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      save(await sheetToXlsx(rows, factsOf(mapper)), `${fileName(mapper)}.xlsx`);
    } catch (cause) {
      setError(describeError(cause).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title="Mapping as a sheet"
      size={760}
      onClose={close}
      footer={
        <>
          <Button onClick={close}>{read === undefined ? 'Close' : 'Cancel'}</Button>
          {read !== undefined && (
            <Button look="filled" disabled={changes === 0 || !canEdit(mapper)} onClick={apply}>
              {changes === 0 ? 'Nothing to change' : `Take ${plural(changes, 'change')}`}
            </Button>
          )}
        </>
      }
    >
      <section className={styles.part} aria-label="Export">
        <h3 className={styles.head}>Export</h3>
        <p className={styles.about}>
          One line for each row: target, source, the rule in words and as code, and its note. To be read, discussed and signed; what is
          changed in the sheet can be taken in again.
        </p>
        <div className={styles.buttons}>
          <Button icon={<Download size={16} aria-hidden="true" />} disabled={rows.length === 0} busy={busy} onClick={() => void xlsx()}>
            Excel workbook
          </Button>
          <Button
            icon={<Download size={16} aria-hidden="true" />}
            disabled={rows.length === 0}
            onClick={() => save(new Blob([`\uFEFF${sheetToCsv(rows)}`], { type: 'text/csv;charset=utf-8' }), `${fileName(mapper)}.csv`)}
          >
            CSV
          </Button>
          <span className={styles.about}>
            {view.ok ? plural(rows.length, 'line') : 'The code cannot be read, so there are no rows to export.'}
          </span>
        </div>
      </section>
      <section className={styles.part} aria-label="Import">
        <h3 className={styles.head}>Import</h3>
        <input
          ref={picker}
          type="file"
          accept=".csv,.tsv,.txt,.xlsx"
          className="visually-hidden"
          tabIndex={-1}
          aria-label="Sheet file"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
        <button
          type="button"
          className={styles.drop}
          onClick={() => picker.current?.click()}
          onDragOver={(event: DragEvent) => event.preventDefault()}
          onDrop={(event: DragEvent) => {
            event.preventDefault();
            void take(event.dataTransfer.files[0]);
          }}
        >
          <FileSpreadsheet size={20} aria-hidden="true" />
          <span>
            <strong>{read?.file ?? 'Choose a sheet'}</strong>
            <span className={styles.hint}>
              {read === undefined ? 'or drop one here; Excel or CSV with the columns target, source, rule, note' : 'Choose another'}
            </span>
          </span>
        </button>
        {error !== undefined && <Notice level="error" title={error} />}
        {read !== undefined && <Report reports={read.reports} />}
      </section>
    </Dialog>
  );
}

const outcomes: Record<SheetReport['outcome'], { level: Level; word: string }> = {
  set: { level: 'info', word: 'Changed' },
  added: { level: 'ok', word: 'Added' },
  refused: { level: 'error', word: 'Refused' },
  skipped: { level: 'warning', word: 'Skipped' },
  same: { level: 'off', word: 'Same' },
};

/** What the sheet would do, line by line; lines that say what is there already are only counted. */
function Report({ reports }: { reports: readonly SheetReport[] }) {
  const count = (outcome: SheetReport['outcome']) => reports.filter((one) => one.outcome === outcome).length;
  const told = reports.filter(({ outcome }) => outcome !== 'same');
  return (
    <div className={styles.report}>
      <div className={styles.sums} role="status">
        {(Object.keys(outcomes) as SheetReport['outcome'][])
          .filter((outcome) => count(outcome) > 0)
          .map((outcome) => (
            <StatusBadge key={outcome} level={outcomes[outcome].level}>
              {count(outcome)} {outcomes[outcome].word.toLowerCase()}
            </StatusBadge>
          ))}
      </div>
      {told.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
        <section className={styles.lines} aria-label="What the sheet would change" tabIndex={0}>
          {told.map((report) => (
            <div key={report.line} className={styles.line}>
              <span className={styles.number}>{report.line}</span>
              <span>
                <StatusBadge level={outcomes[report.outcome].level}>{outcomes[report.outcome].word}</StatusBadge>
              </span>
              <span className={styles.target}>{report.target || '–'}</span>
              <span className={styles.what}>
                {report.message}
                {report.before !== undefined && report.before !== report.after && <del className={styles.code}>{report.before}</del>}
                {report.after !== undefined && report.before !== report.after && <ins className={styles.code}>{report.after}</ins>}
                {report.note !== undefined && <span>Note: {report.note}</span>}
              </span>
            </div>
          ))}
        </section>
      )}
    </div>
  );
}

async function cellsOf(file: File): Promise<{ rows: readonly CsvRow[]; problem?: CsvProblem }> {
  // What a file is, its first bytes say, whatever it is called: a workbook is an archive.
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first === 0x50 && second === 0x4b) return { rows: await rowsOfXlsx(file) };
  if (first === 0xd0 && second === 0xcf) throw new Error('This is the old format of Excel. Save the file as .xlsx or .csv and try again.');
  return readCsv(await file.text());
}

function namesOf(mapper: Mapper): { flow: string; node: string } {
  const flow = mapper.editor.flow();
  const node = findNode(flow, mapper.node);
  return { flow: flow.name, node: node === undefined ? mapper.node : nodeName(node, mapper.editor.getState().types) };
}

function fileName(mapper: Mapper): string {
  const { flow, node } = namesOf(mapper);
  return (
    `${flow} - ${node}`
      .replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ')
      .replaceAll(/ +/g, ' ')
      .trim() || 'mapping'
  );
}

function factsOf(mapper: Mapper): SheetFacts {
  const { flow, node } = namesOf(mapper);
  const { source, target, samples, preview } = mapper.getState();
  const passed = preview.looked === 0 ? [] : [['Samples', `${preview.passed} of ${preview.looked} pass`] as const];
  return [
    ['Flow', flow],
    ['Mapping', node],
    ['Messages', source.from === '' ? 'none known' : source.from],
    ['Target', target.from === '' ? 'not laid down' : target.from],
    ...(samples.length === 0 ? [] : passed),
    ['Exported', new Date().toISOString()],
    ['Checked by', ''],
    ['Date and signature', ''],
  ];
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
