import { useState } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { describeError, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { ChangeList, changesInWords } from './change-list.tsx';
import { useChanges } from './documents.ts';
import styles from './history-page.module.css';
import type { HistoryData } from './history-page.tsx';

/** What the editor finds when it is opened to restore a version. */
export interface RestoreState {
  restore: number;
}

/** Shows what bringing a version back would change in the draft, and does it as one step of the editor. */
export function RestoreDialog({ flow, data, version, onClose }: { flow: string; data: HistoryData; version: number; onClose: () => void }) {
  const navigate = useNavigate();
  const { history, record, catalog } = data;
  const { changes, loaded } = useChanges(flow, 'draft', version, record.revision, catalog);
  const [kept, setKept] = useState<number>();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string>();
  const inVersion = history.versions.find(({ hash }) => hash === history.draft.hash)?.version ?? kept;
  const keep = () => {
    setBusy(true);
    setFailed(undefined);
    api
      .publish(flow, `Draft before version ${version} was restored`)
      .then(
        (made) => setKept(made.version),
        (error: unknown) => setFailed(describeError(error).message),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      title={`Restore version ${version}`}
      size={640}
      locked={busy}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button
            look="filled"
            data-autofocus
            disabled={busy || changes === undefined || changes.length === 0}
            onClick={() => void navigate(`/flows/${flow}`, { state: { restore: version } satisfies RestoreState })}
          >
            Replace the draft
          </Button>
        </>
      }
    >
      <p className={styles.say}>
        {changes === undefined
          ? 'Comparing with the draft.'
          : changes.length === 0
            ? 'The draft is this version already.'
            : `The draft becomes version ${version} again: ${changesInWords(changes)}. What runs stays as it is until somebody deploys, and no version is touched.`}
      </p>
      {changes !== undefined && changes.length > 0 && (
        <div className={styles.keep}>
          <Notice
            level={inVersion === undefined ? 'warning' : 'info'}
            title={
              inVersion === undefined
                ? 'The draft as it is now is in no version'
                : kept === undefined
                  ? `The draft runs as version ${inVersion}, which stays`
                  : `The draft as it is now is kept as version ${kept}`
            }
            action={
              inVersion === undefined ? (
                <Button size="small" busy={busy} onClick={keep}>
                  Keep it as a version
                </Button>
              ) : undefined
            }
          >
            {inVersion === undefined ? 'Undo in the editor brings it back until you leave the page.' : undefined}
          </Notice>
        </div>
      )}
      {failed !== undefined && (
        <div className={styles.keep}>
          <Notice level="error" title="The draft was not kept as a version">
            {failed}
          </Notice>
        </div>
      )}
      <div className={styles.preview}>
        {changes === undefined && loaded.error === undefined && <SkeletonRows rows={3} height={48} label="Comparing" />}
        {changes === undefined && loaded.error !== undefined && (
          <ErrorState what="The version could not be loaded" error={loaded.error} onRetry={loaded.reload} />
        )}
        {changes !== undefined && changes.length > 0 && <ChangeList changes={changes} />}
      </div>
    </Dialog>
  );
}
