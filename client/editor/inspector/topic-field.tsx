import { useEffect, useState } from 'react';
import { api } from '../../api.ts';
import { plural } from '../../format.ts';
import styles from './config-field.module.css';
import { type ControlProps, common, exampleOf, textOf } from './control.ts';

/** A topic by name, with the ones that exist as suggestions. A name that does not exist yet is fine. */
export function TopicField(props: ControlProps) {
  const { id, schema, value, onChange } = props;
  const [topics, setTopics] = useState<readonly { name: string; messages: number }[]>([]);
  useEffect(() => {
    let current = true;
    // Suggestions only: without them the name is typed, so a failure needs no word of its own.
    api.topics().then(
      (list) => current && setTopics(list),
      () => current && setTopics([]),
    );
    return () => {
      current = false;
    };
  }, []);
  return (
    <>
      <input
        {...common(props)}
        className={[styles.input, styles.mono].join(' ')}
        list={`${id}-topics`}
        value={textOf(value)}
        placeholder={schema.placeholder ?? exampleOf(schema)}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={`${id}-topics`}>
        {topics.map((topic) => (
          <option key={topic.name} value={topic.name}>
            {plural(topic.messages, 'message')}
          </option>
        ))}
      </datalist>
    </>
  );
}
