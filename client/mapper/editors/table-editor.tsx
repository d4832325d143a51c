import { Download, Plus, ScanSearch, Upload, X } from 'lucide-react';
import { type ClipboardEvent, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { cellOf, tableFromCsv, tableToCsv } from '#shared/mapping/table-csv.ts';
import { targetText } from '#shared/mapping/target.ts';
import { plural } from '../../format.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { onceDrawn } from '../../ui/focus.tsx';
import { useMapperState } from '../context.ts';
import { evaluateOnce } from '../preview-client.ts';
import { type DraftOf, emptyFixed, type TableCells } from './draft.ts';
import { lineProblem, tableLines } from './draft-code.ts';
import { useEditing } from './editing.ts';
import styles from './editors.module.css';
import { inPlace } from './in-place.ts';
import { seenValues } from './seen.ts';
import { valueCode, valueProblem } from './value.ts';
import { ValueField } from './value-field.tsx';

interface Props {
  draft: DraftOf<'table'>;
  onChange: (draft: DraftOf<'table'>) => void;
  check: boolean;
}

/** A value table: what comes in on the left, what it becomes on the right. Takes what is copied from a spreadsheet. */
export function TableEditor({ draft, onChange, check }: Props) {
  const { lines, cells, otherwise } = draft;
  const { kinds, target, view, rule } = useEditing();
  const samples = useMapperState((state) => state.samples);
  const [note, setNote] = useState<string>();
  const file = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const set = (next: TableCells[]): void => onChange({ ...draft, lines: next });
  const focus = (row: number, column: number): void => {
    const cell = () => body.current?.querySelectorAll('tr')[row]?.querySelectorAll('input')[column];
    const there = cell();
    // A cell that is there gets the very next key; one of a new line is drawn first.
    if (there) there.focus();
    else onceDrawn(() => cell()?.focus());
  };
  const add = (): void => {
    set([...lines, { from: '', to: '' }]);
    focus(lines.length, 0);
  };
  const paste = (event: ClipboardEvent, row: number, column: number): void => {
    const text = event.clipboardData.getData('text/plain');
    const pasted = pastedCells(text);
    if (pasted === undefined) return;
    event.preventDefault();
    const next = [...lines];
    pasted.forEach(([first = '', second], i) => {
      const old = next[row + i] ?? { from: '', to: '' };
      next[row + i] = column === 1 ? { ...old, to: first } : { from: first, to: second ?? old.to };
    });
    set(next);
    setNote(`${plural(pasted.length, 'line')} pasted.`);
  };
  const take = (text: string): void => {
    const { lines: read, problems } = tableFromCsv(text);
    const texts = read.every(({ to }) => typeof to === 'string');
    const as = texts || cells === 'text' ? 'text' : read.every(({ to }) => typeof to === 'number') ? 'number' : 'mixed';
    onChange({ ...draft, cells: as, lines: read.map(({ from, to }) => ({ from, to: as === 'mixed' ? cellOf(to) : String(to) })) });
    const [first] = problems;
    setNote(
      `${plural(read.length, 'line')} taken over.${first === undefined ? '' : ` ${plural(problems.length, 'line')} left out; line ${first.line}: ${first.message}`}`,
    );
  };
  const addSeen = async (): Promise<void> => {
    const code = valueCode(draft.input);
    const asked = document.activeElement;
    const found = await seenValues(samples.length, async (sample) => {
      const place = view === undefined ? undefined : inPlace(view, rule, code);
      const result = await evaluateOnce(place?.expression ?? code, sample);
      return place === undefined ? result : place.pick(result);
    });
    const fresh = found.filter((value) => !lines.some((line) => line.from === value));
    const kept = lines.filter(({ from, to }) => from !== '' || to !== '');
    // Drawn at once, so that the new cells are there to go to.
    flushSync(() => set([...kept, ...fresh.map((from) => ({ from, to: '' }))]));
    // What comes next is to write what they become; whoever has gone elsewhere meanwhile stays there.
    if (fresh.length > 0 && document.activeElement === asked) focus(kept.length, 1);
    setNote(
      fresh.length === 0
        ? 'All values seen in the samples stand in the table.'
        : `${plural(fresh.length, 'value')} added: write what they become.`,
    );
  };
  const ready = valueProblem(draft.input) === undefined;
  return (
    <div className={styles.stack}>
      <ValueField
        label="Value to translate"
        value={draft.input}
        onChange={(input) => onChange({ ...draft, input })}
        check={check}
        kinds={['field', 'code']}
        autoFocus={!ready}
      />
      <div className={styles.buttons}>
        <Button
          size="small"
          icon={<ScanSearch size={14} />}
          disabled={!ready || samples.length === 0}
          title={samples.length === 0 ? 'There are no samples yet.' : undefined}
          onClick={() => void addSeen()}
        >
          Add values seen in samples
        </Button>
        <Button look="quiet" size="small" icon={<Upload size={14} />} onClick={() => file.current?.click()}>
          Import CSV
        </Button>
        <Button
          look="quiet"
          size="small"
          icon={<Download size={14} />}
          disabled={lines.length === 0}
          onClick={() => download(`${targetText(target) || 'values'}.csv`, tableToCsv(tableLines(draft)))}
        >
          Export CSV
        </Button>
        <input
          ref={file}
          type="file"
          accept=".csv,.tsv,.txt,text/csv"
          hidden
          aria-label="CSV file of the value table"
          onChange={async (event) => {
            const [chosen] = event.target.files ?? [];
            event.target.value = '';
            if (chosen === undefined) return;
            if (chosen.size > 1_000_000) setNote('The file has more than 1 MB: a value table is smaller.');
            else take(await chosen.text());
          }}
        />
      </div>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Value in the message</th>
              <th scope="col">
                <span className={styles.inline}>
                  becomes
                  <select
                    className={styles.kind}
                    aria-label="Kind of what the values become"
                    value={cells}
                    onChange={(event) => onChange({ ...draft, cells: event.target.value as typeof cells })}
                  >
                    <option value="text">Text</option>
                    <option value="number">Number</option>
                    <option value="mixed">Mixed</option>
                  </select>
                </span>
              </th>
              <th aria-label="Remove" />
            </tr>
          </thead>
          <tbody ref={body}>
            {lines.map((line, i) => {
              const problem = check ? lineProblem(draft, i) : undefined;
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
                <tr key={i}>
                  {(['from', 'to'] as const).map((side, column) => (
                    <td key={side}>
                      <input
                        className={styles.input}
                        data-autofocus={(ready && i === 0 && side === 'to') || undefined}
                        aria-label={side === 'from' ? `Value ${i + 1}` : `Value ${i + 1} becomes`}
                        aria-invalid={problem !== undefined && (side === 'to') === (cells === 'number')}
                        spellCheck={false}
                        value={line[side]}
                        onChange={(event) => set(lines.map((one, at) => (at === i ? { ...one, [side]: event.target.value } : one)))}
                        onPaste={(event) => paste(event, i, column)}
                        onKeyDown={(event) => {
                          if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
                          // Enter goes on as in a spreadsheet; in the last cell it makes a line.
                          event.preventDefault();
                          if (side === 'from') focus(i, 1);
                          else if (i + 1 < lines.length) focus(i + 1, 0);
                          else add();
                        }}
                      />
                      {problem !== undefined && side === 'to' && <span className={styles.error}>{problem}</span>}
                    </td>
                  ))}
                  <td>
                    <IconButton label={`Remove line ${i + 1}`} size="small" onClick={() => set(lines.filter((_, at) => at !== i))}>
                      <X size={14} />
                    </IconButton>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        <div className={styles.buttons}>
          <Button
            size="small"
            icon={<Plus size={14} />}
            data-autofocus={(ready && lines.length === 0) || undefined}
            onClick={add}
            onPaste={(event) => paste(event, lines.length, 0)}
          >
            Add a line
          </Button>
          <span className={styles.help}>Cells copied from a spreadsheet can be pasted into any cell.</span>
        </div>
      </div>
      {note !== undefined && (
        <span className={styles.help} role="status">
          {note}
        </span>
      )}
      {cells === 'mixed' && (
        <span className={styles.help}>12.5, true, false and null are values of their kind; in double quotes they are texts.</span>
      )}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={otherwise !== undefined}
          onChange={(event) => onChange({ ...draft, otherwise: event.target.checked ? emptyFixed(kinds) : undefined })}
        />
        <span>
          Otherwise use{' '}
          <span className={styles.help}>
            {otherwise === undefined
              ? 'Without it, the field is left out for any other value.'
              : 'for any other value, and for a missing one'}
          </span>
        </span>
      </label>
      {otherwise !== undefined && (
        <ValueField quiet label="Otherwise" value={otherwise} onChange={(next) => onChange({ ...draft, otherwise: next })} check={check} />
      )}
    </div>
  );
}

/** The cells of a text that is more than one cell, as spreadsheets copy them; nothing for plain words. */
function pastedCells(text: string): string[][] | undefined {
  const trimmed = text.replace(/\r?\n$/, '');
  if (!/[\t\n]/.test(trimmed)) return undefined;
  return trimmed
    .split(/\r?\n/)
    .map((line) => line.split('\t').map((cell) => (/^".*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell)));
}

function download(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
