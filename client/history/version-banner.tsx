import { Lock, Minus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useEditorState } from '../editor/context.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ChangeList, changesInWords } from './change-list.tsx';
import styles from './version-banner.module.css';

/** Over the canvas of a version: what is on screen, how it differs, and the ways on. */
export function VersionBanner() {
  const shown = useEditorState((state) => state.shown);
  const id = useEditorState((state) => state.record.flow.id);
  const [listed, setListed] = useState(false);
  if (shown === undefined) return null;
  const { version, compared, changes } = shown;
  const gone = changes.filter(
    ({ kind, node, field, place }) => kind === 'removed' && node !== undefined && field === undefined && place !== 'Connections',
  );
  return (
    <section className={styles.banner} aria-label={`Version ${version}, read-only`}>
      <Lock size={16} aria-hidden="true" />
      <strong>Version {version}, read-only</strong>
      {compared !== undefined && (
        <button type="button" className={styles.changes} onClick={() => setListed(true)}>
          {`Compared with ${compared}: ${changesInWords(changes)}`}
        </button>
      )}
      {gone.length > 0 && (
        <span className={styles.gone}>
          <Minus size={14} aria-hidden="true" />
          Not here: {gone.map(({ place }) => place).join(', ')}
        </span>
      )}
      <span className={styles.gap} />
      <Link to={`/flows/${id}/history?show=${version}`}>History</Link>
      <Link to={`/flows/${id}`}>To the draft</Link>
      {listed && (
        <Dialog
          title={`Version ${version} compared with ${compared}`}
          size={640}
          onClose={() => setListed(false)}
          footer={<Button onClick={() => setListed(false)}>Close</Button>}
        >
          <div className={styles.list}>
            {changes.length === 0 ? (
              <p className={styles.none}>Nothing differs, not even the drawing.</p>
            ) : (
              <ChangeList changes={changes} />
            )}
          </div>
        </Dialog>
      )}
    </section>
  );
}
