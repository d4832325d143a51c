import { type ChangeEvent, useState } from 'react';
import { type PasteFormat, splitPasted } from '#shared/sample-paste.ts';
import type { TakeRequestInput } from '#shared/sample-schemas.ts';
import { bytes, plural } from '../format.ts';
import { SelectField, TextAreaField, TextField } from '../ui/field.tsx';
import { detectFormat } from './detect.ts';
import styles from './take-dialog.module.css';

/** What a person pasted or chose as a file, and how it is to be read. */
export interface Pasted {
  way: 'paste' | 'upload';
  /** Text, or bytes in base64 with format `base64`. */
  text: string;
  format: PasteFormat | 'base64';
  split: boolean;
  name: string;
  key: string;
  file?: { name: string; size: number };
}

const formats: { format: PasteFormat; label: string; split: string }[] = [
  { format: 'json', label: 'JSON', split: 'Each element of the list is a sample' },
  { format: 'json-lines', label: 'JSON Lines', split: 'Each line is a sample' },
  { format: 'csv', label: 'CSV with a header row', split: 'Each row is a sample' },
  { format: 'text', label: 'Plain text', split: 'Each line is a sample' },
];

const empty = (way: Pasted['way']): Pasted => ({ way, text: '', format: 'json', split: true, name: '', key: '' });

/** The request for what was pasted; undefined while there is nothing, or something wrong with it. */
export function pastedReady(pasted: Pasted): TakeRequestInput | undefined {
  const { way, text, format, split, name, key, file } = pasted;
  if (text === '' || (format !== 'base64' && 'problems' in splitPasted(text, format, split))) return undefined;
  return {
    from: way,
    format,
    text,
    split,
    ...(name.trim() !== '' && { name: name.trim() }),
    ...(key !== '' && { key }),
    ...(file && { file: file.name.slice(0, 200) }),
  };
}

/** Pasted text or a file, how it is to be read, and what comes of it, said before anything is stored. */
export function PasteForm({
  way,
  pasted = empty(way),
  onChange,
}: {
  way: Pasted['way'];
  pasted: Pasted | undefined;
  onChange: (pasted: Pasted) => void;
}) {
  const [chosenFormat, setChosenFormat] = useState(false);
  const set = (change: Partial<Pasted>) => onChange({ ...pasted, ...change });
  const type = (text: string) => set({ text, ...(!chosenFormat && pasted.format !== 'base64' && { format: detectFormat(text) }) });
  const read = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (!file) return;
    void file.arrayBuffer().then((buffer) => {
      const content = readBytes(new Uint8Array(buffer));
      const format = content.encoding === 'base64' ? ('base64' as const) : detectFormat(content.text, file.name);
      set({ text: content.text, format, name: '', file: { name: file.name, size: file.size } });
    });
  };
  const result = pasted.text === '' || pasted.format === 'base64' ? undefined : splitPasted(pasted.text, pasted.format, pasted.split);
  const problem =
    result && 'problems' in result
      ? result.problems
          .map(({ message }) => message)
          .slice(0, 3)
          .join(' ')
      : undefined;
  const count = result && 'values' in result ? result.values.length : pasted.format === 'base64' && pasted.text !== '' ? 1 : 0;
  const format = formats.find((each) => each.format === pasted.format);
  return (
    <div className={styles.paste}>
      {way === 'upload' ? (
        <label className={styles.file}>
          <span>File</span>
          <input type="file" onChange={read} aria-label="File to take samples from" />
          {pasted.file && (
            <small>
              {pasted.file.name}, {bytes(pasted.file.size)}
            </small>
          )}
          {problem !== undefined && <small className={styles.error}>{problem}</small>}
        </label>
      ) : (
        <TextAreaField
          label="Messages"
          mono
          rows={9}
          spellCheck={false}
          placeholder={'{"id": 4711, "customer": {"name": "Anna Lee"}}'}
          error={problem}
          help={count > 0 ? `Gives ${plural(count, 'sample')}.` : 'Paste what a message holds. How it is written is found out by itself.'}
          value={pasted.text}
          onChange={(event) => type(event.target.value)}
        />
      )}
      <div className={styles.fields}>
        {pasted.format === 'base64' ? (
          <p className={styles.note}>These bytes are no text. They become one sample, exactly as they are.</p>
        ) : (
          <SelectField
            label="Read as"
            value={pasted.format}
            help={pasted.format === 'csv' ? 'Every cell stays text, so no digit is lost.' : undefined}
            onChange={(event) => {
              setChosenFormat(true);
              set({ format: event.target.value as PasteFormat });
            }}
          >
            {formats.map((each) => (
              <option key={each.format} value={each.format}>
                {each.label}
              </option>
            ))}
          </SelectField>
        )}
        <TextField
          label="Name"
          value={pasted.name}
          placeholder={way === 'paste' ? 'Pasted' : (pasted.file?.name ?? 'Uploaded')}
          maxLength={190}
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField label="Key" mono value={pasted.key} placeholder="no key" onChange={(event) => set({ key: event.target.value })} />
      </div>
      {format && (
        <label className={styles.split}>
          <input type="checkbox" checked={pasted.split} onChange={(event) => set({ split: event.target.checked })} />
          {format.split}
          {way === 'upload' && count > 0 && <span className={styles.note}>gives {plural(count, 'sample')}</span>}
        </label>
      )}
    </div>
  );
}

/** A file's bytes as text where they are UTF-8, else as base64. */
function readBytes(content: Uint8Array): { text: string; encoding: 'utf8' | 'base64' } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content), encoding: 'utf8' };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    let binary = '';
    for (let at = 0; at < content.length; at += 0x8000) binary += String.fromCharCode(...content.subarray(at, at + 0x8000));
    return { text: btoa(binary), encoding: 'base64' };
  }
}
