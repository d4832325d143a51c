import { useEffect, useState } from 'react';
import { parseJson, stringifyJson } from '#shared/json.ts';
import styles from './config-field.module.css';
import { type ControlProps, common, textOf } from './control.ts';

/** A JSON value as text: kept only while it is JSON, so the document never holds half a value. */
export function JsonField(props: ControlProps) {
  const { schema, value, onChange } = props;
  const asText = schema.type === 'string';
  const written = asText ? textOf(value) : (stringifyJson(value, 2) ?? '');
  const [text, setText] = useState(written);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    // Undo and others' changes come from outside; what is being typed and means the same stays as typed.
    setText((typed) => (sameJson(typed, written, asText) ? typed : written));
  }, [written, asText]);
  const type = (next: string) => {
    setText(next);
    if (asText) return onChange(next);
    if (next.trim() === '') {
      setWrong(undefined);
      return onChange(undefined);
    }
    try {
      onChange(parseJson(next));
      setWrong(undefined);
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <textarea
        {...common(props)}
        className={[styles.input, styles.area, styles.mono].join(' ')}
        rows={8}
        spellCheck={false}
        value={text}
        placeholder={schema.placeholder}
        onChange={(event) => type(event.target.value)}
      />
      {wrong !== undefined && <p className={styles.error}>Not JSON yet, so it is not kept: {wrong}</p>}
    </>
  );
}

function sameJson(a: string, b: string, asText: boolean): boolean {
  if (asText || a === b) return a === b;
  try {
    return stringifyJson(parseJson(a)) === stringifyJson(parseJson(b));
  } catch {
    return b === '';
  }
}
