import { Plus, X } from 'lucide-react';
import { useId, useState } from 'react';
import type { FlowTestRecord } from '#shared/flow-test/listing.ts';
import { type Expectation, type FlowTest, flowTestFileName, kindOf, readFlowTest } from '#shared/flow-test.ts';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { nodeName } from '#shared/node-name.ts';
import type { Problem } from '#shared/problem.ts';
import { api, isStale } from '../api.ts';
import { useEditorState, useFlow } from '../editor/context.ts';
import { portsOf } from '../editor/wiring.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';
import { ExpectationEditor } from './expectation-editor.tsx';
import type { TestBench } from './test-bench.ts';
import styles from './test-form.module.css';
import { kindTitles } from './words.ts';

/** An expectation in the form: as it is, or as text that does not parse yet. */
export interface Draft {
  key: string;
  value: Expectation;
  /** JSON that a person is writing; it counts instead of `value`. */
  text?: string;
}

let count = 0;
const draftOf = (value: Expectation): Draft => ({ key: `expectation-${++count}`, value });

/** Name, note and everything that a test expects, to be edited and saved together. */
export function TestForm({ bench, record, readOnly }: { bench: TestBench; record: FlowTestRecord; readOnly: boolean }) {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  const id = useId();
  const [name, setName] = useState(record.test.name);
  const [note, setNote] = useState(record.test.note ?? '');
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => record.test.expect.map(draftOf));
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const read = readDrafts(record.test, name, note, drafts);
  const changed = read.test === undefined || stringifyJson(read.test) !== stringifyJson(record.test);

  const save = () => {
    if (read.test === undefined) {
      setProblems(read.problems);
      return;
    }
    setProblems([]);
    setError(undefined);
    setBusy(true);
    api
      .saveFlowTest(flow.id, record.id, read.test, record.revision)
      .then(
        async (saved) => {
          await bench.load();
          bench.choose(saved.id);
          void bench.run(flow, [saved.id]);
        },
        (cause: unknown) => setError(cause),
      )
      .finally(() => setBusy(false));
  };
  const firstSink = flow.nodes.find((node) => types.get(node.type)?.kind === 'sink')?.id ?? flow.nodes[0]?.id ?? '';
  const firstBranching = flow.nodes.find((node) => portsOf(flow, types, node.id).length > 1)?.id ?? firstSink;
  const fresh: Record<ReturnType<typeof kindOf>, () => Expectation> = {
    output: () => ({ node: firstSink, messages: 1 }),
    branch: () => ({ node: firstBranching, branch: portsOf(flow, types, firstBranching)[0]?.id ?? 'out' }),
    deadLetters: () => ({ deadLetters: 0 }),
    filtered: () => ({ filtered: 1 }),
  };
  const nodes = flow.nodes.map((node) => ({
    id: node.id,
    name: nodeName(node, types),
    ports: portsOf(flow, types, node.id).map((port) => port.id),
  }));
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <div className={styles.names}>
        <TextField
          label="Name"
          value={name}
          maxLength={120}
          disabled={readOnly}
          help={`File ${flowTestFileName(name)}`}
          onChange={(event) => setName(event.target.value)}
        />
        <TextField
          label="Note"
          value={note}
          maxLength={4000}
          disabled={readOnly}
          placeholder="Why this case is there"
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
      <ul className={styles.expectations} aria-label="What is expected">
        {drafts.map((draft, index) => (
          <li key={draft.key} className={styles.expectation}>
            <ExpectationEditor
              draft={draft}
              nodes={nodes}
              readOnly={readOnly}
              problems={problems.filter(({ field }) => field?.startsWith(`expect.${index}`))}
              onChange={(changedDraft) => setDrafts(drafts.map((one) => (one.key === draft.key ? changedDraft : one)))}
            />
            <button
              type="button"
              className={styles.remove}
              disabled={readOnly}
              aria-label={`Remove: ${kindTitles[kindOf(draft.value)]}`}
              onClick={() => setDrafts(drafts.filter((one) => one.key !== draft.key))}
            >
              <X size={14} aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <fieldset className={styles.add} disabled={readOnly}>
        <legend id={`${id}-add`}>Expect also</legend>
        {Object.entries(kindTitles).map(([kind, title]) => (
          <Button
            key={kind}
            size="small"
            look="quiet"
            icon={<Plus size={14} />}
            onClick={() => setDrafts([...drafts, draftOf(fresh[kind as keyof typeof fresh]())])}
          >
            {title}
          </Button>
        ))}
      </fieldset>
      {problems.length > 0 && (
        <Notice level="error" title="The test cannot be saved yet">
          {problems.map(({ message }) => message).join(' ')}
        </Notice>
      )}
      {error !== undefined && (
        <Notice level="error" title={isStale(error) ? 'Somebody else saved this test meanwhile' : 'The test was not saved'}>
          {isStale(error) ? 'Your changes are still here. Close and open the test to see theirs.' : describeError(error).message}
        </Notice>
      )}
      <div className={styles.foot}>
        <Button type="submit" look="filled" busy={busy} disabled={readOnly || !changed}>
          Save and run
        </Button>
        {changed && !busy && <span className={styles.quiet}>Not saved yet</span>}
      </div>
    </form>
  );
}

/** The case as the form has it, or what is wrong with it. */
function readDrafts(
  test: FlowTest,
  name: string,
  note: string,
  drafts: readonly Draft[],
): { test: FlowTest; problems?: never } | { test?: never; problems: readonly Problem[] } {
  const expected: unknown[] = [];
  for (const [index, { value, text }] of drafts.entries()) {
    if (text === undefined) expected.push(value);
    else {
      try {
        expected.push(parseJson(text));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const message = `Expectation ${index + 1} is not JSON: ${error.message}.`;
        return { problems: [{ code: 'test/json', severity: 'error', message, field: `expect.${index}` }] };
      }
    }
  }
  const { note: _note, ...rest } = test;
  const made = readFlowTest({ ...rest, name, ...(note.trim() !== '' && { note: note.trim() }), expect: expected });
  return made.test ? { test: made.test } : { problems: made.problems };
}
