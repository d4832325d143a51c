import { ChevronDown, ChevronUp, CircleCheck, OctagonAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import type { Sample } from '#shared/events.ts';
import { nodeName } from '#shared/node-name.ts';
import { api } from '../../api.ts';
import { useNow } from '../../clock.ts';
import { ago, fullTime, plural } from '../../format.ts';
import { useFlowStatus } from '../../live.ts';
import { SamplesPanel } from '../../samples/samples-panel.tsx';
import { SamplesInStrip } from '../../samples/strip.tsx';
import { SaveAsTestButton } from '../../tests/save-test.tsx';
import { TestsInStrip } from '../../tests/strip.tsx';
import { TestsPanel } from '../../tests/tests-panel.tsx';
import { tracePath } from '../../trace/trace-path.ts';
import { FollowSwitch } from '../../try/follow-switch.tsx';
import { TryPanel } from '../../try/try-panel.tsx';
import { JsonView } from '../../ui/json-view.tsx';
import { Segments } from '../../ui/segments.tsx';
import { ErrorState, SkeletonRows } from '../../ui/states.tsx';
import { useEditor, useEditorState, useFlow } from '../context.ts';
import { findNode } from '../document.ts';
import type { Drawer as DrawerState } from '../store.ts';
import type { End } from '../wiring.ts';
import { portsOf } from '../wiring.ts';
import styles from './drawer.module.css';

type DrawerKind = DrawerState['kind'];

const refreshMs = 2000;

/** Under the canvas: a strip that says what there is and how the draft is; opened, samples, the Try or the last messages of a port. */
export function Drawer() {
  const editor = useEditor();
  const drawer = useEditorState((state) => state.drawer);
  const trying = useEditorState((state) => state.trying !== undefined);
  const problems = useEditorState((state) => state.problems);
  const chosen = useEditorState((state) => state.history.present.selection.nodes[0]);
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const node = drawer?.kind === 'messages' ? findNode(flow, drawer.node) : undefined;
  const openMessages = () => {
    const start = chosen ?? flow.nodes[0]?.id;
    if (start !== undefined) editor.set({ drawer: { kind: 'messages', node: start, port: portsOf(flow, types, start)[0]?.id ?? 'in' } });
  };
  return (
    <section className={styles.drawer} aria-label="Samples and messages" data-pane>
      {drawer?.kind === 'messages' && node && <Messages key={`${drawer.node} ${drawer.port}`} at={drawer} name={nodeName(node, types)} />}
      {drawer?.kind === 'samples' && (
        <SamplesPanel flow={flow.id} onClose={() => editor.set({ drawer: trying ? { kind: 'try' } : undefined })} />
      )}
      {drawer?.kind === 'try' && <TryPanel />}
      {drawer?.kind === 'tests' && <TestsPanel onClose={() => editor.set({ drawer: trying ? { kind: 'try' } : undefined })} />}
      <div className={styles.strip}>
        <StripToggle kind="samples" label="Samples" onOpen={() => editor.set({ drawer: { kind: 'samples' } })} />
        <SamplesInStrip flow={flow.id} />
        {trying && <StripToggle kind="try" label="Try" onOpen={() => editor.set({ drawer: { kind: 'try' } })} />}
        <StripToggle kind="tests" label="Tests" onOpen={() => editor.set({ drawer: { kind: 'tests' } })} />
        <TestsInStrip />
        <StripToggle kind="messages" label="Messages" onOpen={openMessages} disabled={flow.nodes.length === 0} />
        {!trying && (
          <span className={styles.quiet}>
            {drawer?.kind === 'messages' && node ? `last ones of ${nodeName(node, types)}` : 'click a line to see what runs over it'}
          </span>
        )}
        {trying && <FollowSwitch />}
        <button
          type="button"
          className={[styles.verdict, errors > 0 ? styles.bad : problems.length > 0 ? styles.warn : styles.good].join(' ')}
          onClick={() => editor.set({ panel: 'problems' })}
        >
          {problems.length === 0 ? <CircleCheck size={14} aria-hidden="true" /> : <OctagonAlert size={14} aria-hidden="true" />}
          {problems.length === 0 ? 'No problems in the draft' : `${plural(problems.length, 'problem')} in the draft`}
        </button>
      </div>
    </section>
  );
}

function StripToggle({
  kind,
  label,
  disabled = false,
  onOpen,
}: {
  kind: DrawerKind;
  label: string;
  disabled?: boolean;
  onOpen: () => void;
}) {
  const editor = useEditor();
  const open = useEditorState((state) => state.drawer?.kind === kind);
  const Arrow = open ? ChevronDown : ChevronUp;
  return (
    <button
      type="button"
      className={styles.toggle}
      onClick={open ? () => editor.set({ drawer: undefined }) : onOpen}
      aria-expanded={open}
      disabled={disabled}
    >
      <Arrow size={14} aria-hidden="true" />
      {label}
    </button>
  );
}

function Messages({ at, name }: { at: End; name: string }) {
  const editor = useEditor();
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const status = useFlowStatus(flow.id);
  const { samples, error } = useSamples(flow.id, at);
  const [chosen, setChosen] = useState<string>();
  const [look, setLook] = useState<'pretty' | 'raw'>('pretty');
  const now = useNow();
  const ports = portsOf(flow, types, at.node);
  const shown = samples?.find((sample) => keyOf(sample) === chosen) ?? samples?.[0];
  return (
    <div className={styles.body}>
      <div className={styles.head}>
        <h2 className={styles.title}>Last messages of {name}</h2>
        {ports.length > 1 && (
          <select
            className={styles.port}
            aria-label="Output"
            value={at.port}
            onChange={(event) => editor.set({ drawer: { kind: 'messages', node: at.node, port: event.target.value } })}
          >
            {ports.map((port) => (
              <option key={port.id} value={port.id}>
                {port.label}
              </option>
            ))}
          </select>
        )}
        <span className={styles.quiet}>
          {status?.version === undefined ? 'not deployed' : `v${status.version}, read every 2 s; reading moves nothing`}
        </span>
        <Segments
          label="How to show the value"
          options={[
            { value: 'pretty', label: 'Pretty' },
            { value: 'raw', label: 'Raw' },
          ]}
          value={look}
          onChange={setLook}
        />
      </div>
      {error !== undefined && samples === undefined ? (
        <ErrorState what="The last messages could not be read" error={error} />
      ) : samples === undefined ? (
        <SkeletonRows rows={3} height={40} label="Reading the last messages" />
      ) : samples.length === 0 ? (
        <p className={styles.none}>
          {status?.version === undefined
            ? 'This flow is not deployed, so nothing runs over this line yet. Deploy it to see messages here.'
            : 'No message has left here since the worker started. It is waiting.'}
        </p>
      ) : (
        <div className={styles.split}>
          <ul className={styles.list} aria-label="Messages, newest first">
            {samples.map((sample) => (
              <li key={keyOf(sample)}>
                <button type="button" className={styles.row} aria-pressed={sample === shown} onClick={() => setChosen(keyOf(sample))}>
                  <span className={styles.age} title={fullTime(sample.at)}>
                    {ago(sample.at, now)}
                  </span>
                  <span className={styles.key}>{sample.key ?? 'no key'}</span>
                  <span className={sample.error ? styles.failure : styles.value}>
                    {sample.error?.message ?? sample.value.slice(0, 200)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {shown && (
            <div className={styles.detail}>
              <div className={styles.facts}>
                <Link to={tracePath(flow.id, shown.origin, shown.node)} title="Where it entered the flow; to its trace">
                  {shown.origin}
                </Link>
                {shown.truncated && <span className={styles.warn}>cut to 16 KB</span>}
                <SaveAsTestButton
                  flow={flow.id}
                  document={flow}
                  source={{ positions: [shown.origin] }}
                  name={`Message ${shown.key ?? shown.origin}`}
                />
              </div>
              {shown.error && <p className={styles.failure}>{shown.error.message}</p>}
              <JsonView text={shown.value} look={look} label="Value" />
              {Object.keys(shown.headers).length > 0 && (
                <dl className={styles.headers}>
                  {Object.entries(shown.headers).map(([header, value]) => (
                    <div key={header}>
                      <dt>{header}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
                </dl>
              )}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

const keyOf = (sample: Sample) => `${sample.at} ${sample.origin} ${sample.value.length}`;

/** The last messages of a port, read again every two seconds while the tab is visible. */
function useSamples(flow: string, at: End): { samples: Sample[] | undefined; error: unknown } {
  const [state, setState] = useState<{ samples: Sample[] | undefined; error: unknown }>({ samples: undefined, error: undefined });
  const { node, port } = at;
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      if (!document.hidden) {
        try {
          const samples = await api.samples(flow, node, port);
          if (current) setState({ samples, error: undefined });
        } catch (error) {
          if (current) setState((before) => ({ ...before, error }));
        }
      }
      if (current) timer = setTimeout(() => void read(), refreshMs);
    };
    void read();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [flow, node, port]);
  return state;
}
