import {
  Check,
  ChevronRight,
  CloudOff,
  FlaskConical,
  GitBranch,
  History,
  LoaderCircle,
  Lock,
  Redo2,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import { IncidentMark } from '../alerts/incident-mark.tsx';
import { fullTime, plural, timeOfDay } from '../format.ts';
import { EnvironmentChip } from '../shell/environment.tsx';
import { Logo } from '../shell/logo.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { action, perform } from './actions.ts';
import { countChanges } from './changes.ts';
import { useEditor, useEditorState, useFlow } from './context.ts';
import { renameFlow } from './document.ts';
import { showChord } from './keys.ts';
import styles from './top-bar.module.css';

/** Where one is, what is live and what is draft, whether it is saved, and the one thing to do with it. */
export function TopBar({ onTry, onDeploy, mayDeploy }: { onTry: () => void; onDeploy: () => void; mayDeploy: boolean }) {
  const readOnly = useEditorState((state) => state.readOnly);
  const empty = useFlow().nodes.length === 0;
  return (
    <header className={styles.bar}>
      <nav aria-label="Breadcrumb" className={styles.crumbs}>
        <Link to="/flows" className={styles.home} aria-label="Millrace, to the flows">
          <Logo size={20} />
        </Link>
        <Link to="/flows" className={styles.crumb}>
          Flows
        </Link>
        <ChevronRight size={14} aria-hidden="true" />
        <FlowName />
      </nav>
      <VersionChips />
      <EnvironmentChip />
      <Incidents />
      <span className={styles.gap} />
      {readOnly !== undefined && (
        <span className={styles.readOnly} title={readOnly}>
          <Lock size={14} aria-hidden="true" />
          Read only
        </span>
      )}
      <Saved />
      <HistoryButton id="undo" />
      <HistoryButton id="redo" />
      <span className={styles.rule} aria-hidden="true" />
      <HistoryLink />
      <Button
        icon={<FlaskConical size={16} className={styles.try} aria-hidden="true" />}
        onClick={onTry}
        disabled={readOnly !== undefined || empty}
        title={readOnly ?? 'Runs samples through the draft; nothing is written (Ctrl+Enter)'}
      >
        Try with samples
      </Button>
      <Button
        look="filled"
        onClick={onDeploy}
        disabled={!mayDeploy || empty}
        title={
          mayDeploy ? 'Shows what a deploy would do, then deploys' : 'Deploying needs the role admin. Ask an admin to deploy your draft.'
        }
      >
        Deploy…
      </Button>
    </header>
  );
}

function Incidents() {
  const { id, name } = useFlow();
  return <IncidentMark flow={id} name={name} tight />;
}

function FlowName() {
  const editor = useEditor();
  const flow = useFlow();
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const [typed, setTyped] = useState<string>();
  const leaving = useRef(false);
  const finish = (keep: boolean) => {
    if (keep && typed !== undefined) editor.edit('rename the flow', (document) => renameFlow(document, typed));
    setTyped(undefined);
  };
  if (typed === undefined) {
    return (
      <h1 className={styles.name}>
        <button type="button" disabled={readOnly} title={readOnly ? flow.name : 'Rename the flow'} onClick={() => setTyped(flow.name)}>
          {flow.name}
        </button>
      </h1>
    );
  }
  return (
    <input
      className={styles.rename}
      aria-label="Name of the flow"
      // biome-ignore lint/a11y/noAutofocus: the name was clicked to be typed over.
      autoFocus
      value={typed}
      maxLength={120}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => {
        if (!leaving.current) finish(true);
        leaving.current = false;
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        event.stopPropagation();
        leaving.current = true;
        finish(event.key === 'Enter');
      }}
    />
  );
}

function VersionChips() {
  const deployedVersion = useEditorState((state) => state.record.deployedVersion);
  const deployed = useEditorState((state) => state.deployed);
  const flow = useFlow();
  const changes = useMemo(() => (deployed === undefined ? undefined : countChanges(deployed, flow)), [deployed, flow]);
  const shown = useEditorState((state) => state.shown?.version);
  if (shown !== undefined) return <Chip look="info">Version {shown}</Chip>;
  if (deployedVersion === undefined) return <Chip look="outline">Draft, never deployed</Chip>;
  return (
    <>
      <Chip look="outline" icon={<GitBranch size={12} aria-hidden="true" />} title={`Version ${deployedVersion} is deployed`}>
        v{deployedVersion} live
      </Chip>
      {changes !== undefined && (
        <Chip look="outline" title="What differs in logic from the deployed version; moving a node is no change">
          {changes === 0 ? 'Draft is the same' : `Draft, ${plural(changes, 'change')}`}
        </Chip>
      )}
    </>
  );
}

function Saved() {
  const save = useEditorState((state) => state.save);
  const readOnly = useEditorState((state) => state.readOnly);
  if (readOnly !== undefined) return null;
  if (save.kind === 'saved') {
    return (
      <span className={styles.saved} title={fullTime(save.at)}>
        <Check size={16} className={styles.ok} aria-hidden="true" />
        Saved {timeOfDay(save.at)}
      </span>
    );
  }
  if (save.kind === 'failed' || save.kind === 'conflict') {
    const failed = save.kind === 'failed';
    return (
      <span
        className={[styles.saved, styles.bad].join(' ')}
        role="alert"
        title={failed ? save.reason : 'Somebody else saved this flow meanwhile'}
      >
        {failed ? <CloudOff size={16} aria-hidden="true" /> : <TriangleAlert size={16} aria-hidden="true" />}
        {failed ? 'Not saved' : 'Not saved: changed by others'}
      </span>
    );
  }
  return (
    <span className={styles.saved}>
      <LoaderCircle size={16} aria-hidden="true" />
      Saving…
    </span>
  );
}

/** To the versions of this flow. */
function HistoryLink() {
  const id = useEditorState((state) => state.record.flow.id);
  return (
    <Link
      to={`/flows/${id}/history`}
      className={styles.history}
      aria-label="History"
      title="Versions: who published what, how they differ, and the way back"
    >
      <History size={16} aria-hidden="true" />
      <span>History</span>
    </Link>
  );
}

function HistoryButton({ id }: { id: 'undo' | 'redo' }) {
  const editor = useEditor();
  const step = useEditorState((state) => (id === 'undo' ? state.history.past.at(-1)?.label : state.history.future[0]?.label));
  const { label, keys } = action(id);
  const [chord = ''] = keys;
  return (
    <IconButton
      label={step === undefined ? label : `${label}: ${step}`}
      title={`${step === undefined ? label : `${label}: ${step}`} (${showChord(chord)})`}
      disabled={step === undefined}
      onClick={() => perform(editor, id)}
    >
      {id === 'undo' ? <Undo2 size={16} /> : <Redo2 size={16} />}
    </IconButton>
  );
}
