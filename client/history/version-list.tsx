import { Radio } from 'lucide-react';
import type { KeyboardEvent, ReactNode } from 'react';
import type { EditGroup, FlowHistory, VersionRecord } from '#shared/api.ts';
import { useNow } from '../clock.ts';
import { ago, fullTime, plural } from '../format.ts';
import { StatusBadge } from '../ui/status.tsx';
import type { StateOf } from './documents.ts';
import styles from './history-page.module.css';

/** The draft and all versions, newest first; arrow keys walk, the one in view is shown beside it. */
export function VersionList({ history, shown, onShow }: { history: FlowHistory; shown: StateOf; onShow: (state: StateOf) => void }) {
  const now = useNow();
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll('button')];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = all[at + step];
    next?.focus();
    next?.click();
  };
  const { draft } = history;
  const same = history.versions.find(({ hash }) => hash === draft.hash);
  return (
    <ol className={styles.versions} onKeyDown={walk}>
      <Item state="draft" shown={shown} onShow={onShow} title="Draft">
        <span className={styles.line} title={fullTime(draft.updatedAt)}>
          Saved {ago(Date.parse(draft.updatedAt), now)} by {draft.updatedBy}
        </span>
        <span className={styles.line}>{same === undefined ? editsInWords(draft.edits) : `Runs as version ${same.version}`}</span>
      </Item>
      {history.versions.map((version) => (
        <Item
          key={version.version}
          state={version.version}
          shown={shown}
          onShow={onShow}
          title={`Version ${version.version}`}
          badge={
            history.deployedVersion === version.version ? (
              <StatusBadge level="ok" soft icon={<Radio size={14} aria-hidden="true" />}>
                Live
              </StatusBadge>
            ) : undefined
          }
        >
          <VersionLines version={version} now={now} />
        </Item>
      ))}
    </ol>
  );
}

function VersionLines({ version, now }: { version: VersionRecord; now: number }) {
  const [last] = version.deployments;
  return (
    <>
      {version.note !== '' && <span className={styles.note}>{version.note}</span>}
      <span className={styles.line} title={fullTime(version.createdAt)}>
        {ago(Date.parse(version.createdAt), now)} by {version.createdBy}
      </span>
      {last !== undefined && (
        <span className={styles.line} title={fullTime(last.deployedAt)}>
          Deployed {ago(Date.parse(last.deployedAt), now)} by {last.deployedBy}
        </span>
      )}
    </>
  );
}

interface ItemProps {
  state: StateOf;
  shown: StateOf;
  onShow: (state: StateOf) => void;
  title: string;
  badge?: ReactNode;
  children: ReactNode;
}

function Item({ state, shown, onShow, title, badge, children }: ItemProps) {
  return (
    <li>
      <button type="button" className={styles.version} aria-current={state === shown ? 'true' : undefined} onClick={() => onShow(state)}>
        <span className={styles.title}>
          {title}
          {badge}
        </span>
        {children}
      </button>
    </li>
  );
}

/** `5 edits by Mira Sand, 1 by Ann`. */
export function editsInWords(edits: readonly EditGroup[]): string {
  if (edits.length === 0) return 'No edits since';
  return edits.map(({ who, saves }, at) => `${at === 0 ? plural(saves, 'edit') : saves} by ${who}`).join(', ');
}
