import { useEffect, useState } from 'react';
import { useEditorState } from '../context.ts';
import { Icon } from '../icons.tsx';
import styles from './canvas.module.css';

const shownMs = 5000;

/** Says what a gesture did: always to a screen reader, and on the canvas too when something was refused. */
export function Said() {
  const said = useEditorState((state) => state.said);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (said.turn === 0) return;
    setShown(said.tone === 'refused');
    const timer = setTimeout(() => setShown(false), shownMs);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <>
      <div className="visually-hidden" role="status" aria-live="polite">
        {said.text}
      </div>
      {shown && (
        <div className={styles.said} aria-hidden="true">
          <Icon name="problem" />
          {said.text}
        </div>
      )}
    </>
  );
}
