import { EyeOff } from 'lucide-react';
import type { FoundMessage } from '#shared/sample.ts';
import { useNow } from '../clock.ts';
import { ago, bytes, fullTime } from '../format.ts';
import { ErrorState } from '../ui/states.tsx';
import { placeInWords, valueInWords } from './describe.ts';
import styles from './take-dialog.module.css';
import type { Search } from './use-search.ts';

/** What a search has found, to be chosen from; all is chosen at first. */
export function FoundList({
  search,
  left,
  onLeft,
}: {
  search: Search;
  left: ReadonlySet<string>;
  onLeft: (left: ReadonlySet<string>) => void;
}) {
  const messages = search.reports.flatMap((report) => report.messages);
  const chosen = messages.filter(({ position }) => !left.has(position)).length;
  if (search.state === 'failed') return <ErrorState what="The search did not work" error={search.error} />;
  if (messages.length === 0) {
    const hint =
      search.state === 'done'
        ? 'Nothing fits. Try another way at the left, or another topic.'
        : search.state === 'running'
          ? 'What is found comes here.'
          : 'Say what to look for, then search.';
    return <p className={styles.empty}>{hint}</p>;
  }
  const toggle = (position: string, on: boolean) => {
    const next = new Set(left);
    if (on) next.delete(position);
    else next.add(position);
    onLeft(next);
  };
  return (
    <div className={styles.found}>
      <label className={styles.all}>
        <input
          type="checkbox"
          checked={chosen === messages.length}
          ref={(box) => {
            if (box) box.indeterminate = chosen > 0 && chosen < messages.length;
          }}
          onChange={(event) => onLeft(event.target.checked ? new Set() : new Set(messages.map(({ position }) => position)))}
        />
        {chosen} of {messages.length} chosen
      </label>
      <ul aria-label="Messages found">
        {messages.map((message) => (
          <Found
            key={message.position}
            message={message}
            chosen={!left.has(message.position)}
            onChoose={(on) => toggle(message.position, on)}
          />
        ))}
      </ul>
    </div>
  );
}

function Found({ message, chosen, onChoose }: { message: FoundMessage; chosen: boolean; onChoose: (on: boolean) => void }) {
  const now = useNow();
  const { key, preview, size, masked, error } = message;
  return (
    <li>
      <label className={styles.message}>
        <input
          type="checkbox"
          checked={chosen}
          onChange={(event) => onChoose(event.target.checked)}
          aria-label={`Take ${placeInWords(message.position)}`}
        />
        <span className={styles.when} title={fullTime(message.timestamp)}>
          {ago(message.timestamp, now)}
        </span>
        <span className={styles.key} title={key?.text}>
          {key === null ? 'no key' : key.text}
        </span>
        <span className={styles.preview} title={preview === null ? 'Delete marker' : preview.text.slice(0, 600)}>
          {error && <span className={styles.error}>{error.message} </span>}
          {valueInWords(preview, size)}
        </span>
        <span className={styles.size}>
          {masked > 0 && (
            <span title={`${masked} masked`}>
              <EyeOff size={12} aria-hidden="true" /> {masked}
            </span>
          )}
          {bytes(size)}
        </span>
      </label>
    </li>
  );
}
