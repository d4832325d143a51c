import { FlaskConical } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { TryMessage, TryOutput, TryResult } from '#shared/api.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { api } from '../api.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextAreaField } from '../ui/field.tsx';
import { JsonView } from '../ui/json-view.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { useEditorState, useFlow } from './context.ts';
import { findNode, nameOf } from './document.ts';
import { NodeTile } from './icons.tsx';
import { topological } from './order.ts';
import styles from './try-dialog.module.css';
import { portsOf } from './wiring.ts';

const most = 10;

/** Runs messages through the draft on the server, with sinks that only note what they would have written. */
export function TryDialog({ onClose }: { onClose: () => void }) {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const source = useMemo(() => topological(flow).find((node) => types.get(node.type)?.kind === 'source'), [flow, types]);
  const [text, setText] = useState<string>();
  const [origin, setOrigin] = useState('');
  const [result, setResult] = useState<TryResult>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: samples are fetched once, when the dialog opens.
  useEffect(() => {
    let current = true;
    const port = source && portsOf(flow, types, source.id)[0]?.id;
    if (!source || port === undefined) return;
    api.samples(flow.id, source.id, port).then(
      (samples) => {
        if (!current) return;
        const whole = samples.filter((sample) => !sample.truncated).slice(0, most);
        setText(whole.length === 0 ? '[\n  {}\n]' : `[\n${whole.map((sample) => `  ${sample.value.trim() || 'null'}`).join(',\n')}\n]`);
        setOrigin(
          whole.length === 0
            ? 'No live messages yet: write one here.'
            : `The newest ${plural(whole.length, 'message')} of ${nameOf(source, types)}, as they came.`,
        );
      },
      () => {
        if (!current) return;
        setText('[\n  {}\n]');
        setOrigin('The live messages could not be read: write one here.');
      },
    );
    return () => {
      current = false;
    };
  }, []);

  const run = () => {
    let messages: TryMessage[];
    try {
      const value = parseJson(text ?? '');
      messages = (Array.isArray(value) ? value : [value]).map((each) => ({ value: each }));
    } catch (cause) {
      setWrong(`This is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
      return;
    }
    setWrong(undefined);
    setBusy(true);
    setError(undefined);
    api
      .tryFlow(flow.id, { messages, flow, ...(source ? { node: source.id } : {}) })
      .then(setResult, setError)
      .finally(() => setBusy(false));
  };

  return (
    <Dialog
      title={
        <span className={styles.title}>
          <FlaskConical size={18} aria-hidden="true" />
          Try with samples
        </span>
      }
      size={860}
      onClose={onClose}
      footer={
        <>
          <span className={styles.promise}>Nothing is written: sinks only note what they would have sent.</span>
          <Button onClick={onClose}>Close</Button>
          <Button look="filled" busy={busy} disabled={source === undefined || text === undefined} onClick={run}>
            {result ? 'Try again' : 'Try the draft'}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        {source === undefined ? (
          <Notice level="warning" title="The flow has no source yet">
            Add one, so that messages have a place to enter.
          </Notice>
        ) : (
          <TextAreaField
            label={`Messages that enter at ${nameOf(source, types)}`}
            help={origin}
            error={wrong}
            mono
            rows={7}
            spellCheck={false}
            value={text ?? ''}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {error !== undefined && (
          <Notice level="error" title="The draft could not be tried">
            {describeError(error).message}
          </Notice>
        )}
        {result && <Outcome result={result} />}
      </div>
    </Dialog>
  );
}

function Outcome({ result }: { result: TryResult }) {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const errors = result.problems.filter((problem) => problem.severity === 'error');
  return (
    <>
      {errors.map((problem) => (
        <Notice key={`${problem.code} ${problem.node ?? ''} ${problem.field ?? ''}`} level="error" title={problem.message} />
      ))}
      <ul className={styles.nodes}>
        {topological(flow)
          .filter((node) => result.nodes[node.id] !== undefined)
          .map((node) => {
            const seen = result.nodes[node.id];
            const type = types.get(node.type);
            if (!seen) return null;
            const outputs = Object.entries(seen.ports);
            const out = outputs.reduce((total, [, list]) => total + list.length, 0);
            return (
              <li key={node.id} className={styles.node}>
                <details open={seen.failed.length > 0}>
                  <summary className={styles.summary}>
                    <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={22} />
                    <strong>{nameOf(findNode(flow, node.id) ?? node, types)}</strong>
                    <span>
                      {seen.in} → {out}
                    </span>
                    {seen.filtered.length > 0 && (
                      <span className={styles.quiet}>{plural(seen.filtered.length, 'filtered', 'filtered')}</span>
                    )}
                    {seen.failed.length > 0 && <span className={styles.bad}>{plural(seen.failed.length, 'failed', 'failed')}</span>}
                    {seen.in === 0 && <span className={styles.quiet}>no sample comes here</span>}
                  </summary>
                  {seen.failed.map((output) => (
                    <Output
                      key={`failed ${output.input}`}
                      title={`Message ${output.input + 1} failed: ${output.error?.message ?? 'no reason given'}`}
                      output={output}
                    />
                  ))}
                  {outputs.flatMap(([port, list]) =>
                    list.map((output, index) => (
                      <Output
                        // biome-ignore lint/suspicious/noArrayIndexKey: outputs of one message differ in their place only.
                        key={`${port} ${index}`}
                        title={`${type?.kind === 'sink' ? 'Would have sent' : portLabel(port, portsOf(flow, types, node.id))}, message ${output.input + 1}`}
                        output={output}
                      />
                    )),
                  )}
                  {seen.filtered.map((each) => (
                    <p key={`${each.input} ${each.reason}`} className={styles.quiet}>
                      Message {each.input + 1} was filtered: {each.reason}
                    </p>
                  ))}
                </details>
              </li>
            );
          })}
      </ul>
    </>
  );
}

function portLabel(port: string, ports: readonly { id: string; label: string }[]): string {
  return ports.find((each) => each.id === port)?.label ?? port;
}

function Output({ title, output }: { title: string; output: TryOutput }) {
  return (
    <figure className={styles.output}>
      <figcaption className={output.error ? styles.bad : styles.quiet}>
        {title}
        {output.key !== null && <span> · key {output.key}</span>}
      </figcaption>
      <JsonView text={stringifyJson(output.value) ?? ''} look="pretty" label={title} />
    </figure>
  );
}
