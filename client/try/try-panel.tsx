import { FlaskConical } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { nodeName } from '#shared/node-name.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { findNode } from '../editor/document.ts';
import { goToProblem } from '../editor/gestures.ts';
import { isTyping } from '../editor/keys.ts';
import { plural } from '../format.ts';
import { TakeNow } from '../samples/take-now.tsx';
import { useWorkspace } from '../samples/workspace.ts';
import { Button } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { onceDrawn } from '../ui/focus.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { EmptyState, ErrorState, SkeletonRows } from '../ui/states.tsx';
import { NodeTrialView } from './node-view.tsx';
import { type Trial, useTrial, useTrialState } from './trial-store.ts';
import styles from './try-panel.module.css';
import { hopsOf, inputOf, wayOf } from './way.ts';

/** Under the canvas in Try: the messages of one node, the way of one of them, and what the node made of it. */
export function TryPanel() {
  const trial = useTrial();
  const editor = useEditor();
  const walk = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    const hop = hopBeside(trial, step);
    if (hop === undefined) return;
    editor.select({ nodes: [hop.node] });
    trial.look(hop.node, hop.record);
    editor.getState().view?.reveal(hop.node);
    // The row that had the keyboard is of the node before.
    const panel = event.currentTarget;
    onceDrawn(() => {
      if (!panel.contains(document.activeElement)) panel.querySelector<HTMLElement>('[data-record][tabindex="0"]')?.focus();
    });
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrows walk from node to node wherever the keyboard is inside; each hop is a button too.
    <div className={`${frame.panel} ${styles.panel}`} onKeyDown={walk}>
      <Content />
    </div>
  );
}

function hopBeside(trial: Trial, step: number) {
  const { tried, node, record } = trial.getState();
  const input = tried && record !== undefined ? inputOf(tried.result, record) : undefined;
  const way = tried && input !== undefined ? wayOf(tried.flow, tried.result, input) : undefined;
  if (!way) return undefined;
  const hops = hopsOf(way);
  return hops[hops.findIndex((hop) => hop.node === node && hop.record === record) + step];
}

function Content() {
  const trial = useTrial();
  const editor = useEditor();
  const flow = useEditorState((state) => state.record.flow.id);
  const types = useEditorState((state) => state.types);
  const state = useTrialState((all) => all.state);
  const error = useTrialState((all) => all.error);
  const tried = useTrialState((all) => all.tried);
  const left = useTrialState((all) => all.left);
  const workspace = useWorkspace(flow);
  if (workspace.state === 'failed' && workspace.samples.length === 0) {
    return <ErrorState what="The samples could not be read" error={workspace.error} onRetry={() => void workspace.workspace.load()} />;
  }
  if (workspace.state === 'ready' && workspace.samples.every(({ id }) => left.has(id))) {
    const none = workspace.samples.length === 0;
    return (
      <EmptyState
        icon={<FlaskConical size={24} />}
        title={none ? 'Try needs samples: real messages, copied into this workspace' : 'No sample takes part'}
        actions={
          none ? (
            <TakeNow flow={flow} />
          ) : (
            <Button onClick={() => trial.set({ left: new Set() })}>Let all {workspace.samples.length} take part</Button>
          )
        }
      >
        {none
          ? 'They are read without moving anything in Kafka, and secrets are masked before they are stored.'
          : 'Tick at least one under Samples.'}
      </EmptyState>
    );
  }
  if (state === 'failed') return <ErrorState what="The draft could not be tried" error={error} onRetry={() => trial.run()} />;
  if (!tried) {
    return state === 'stopped' ? (
      <EmptyState
        icon={<FlaskConical size={24} />}
        title="The Try was stopped"
        actions={<Button onClick={() => trial.run()}>Try again</Button>}
      />
    ) : (
      <SkeletonRows rows={4} height={44} label="Trying the draft" />
    );
  }
  const errors = tried.result.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 && tried.result.records.length === 0) {
    return (
      <div className={styles.problems}>
        <h2 className={`${frame.title} ${styles.heading}`}>{plural(errors.length, 'error')} in the draft, so nothing was run</h2>
        <ProblemList
          problems={errors}
          nameOf={(id) => {
            const node = findNode(tried.flow, id);
            return node && nodeName(node, types);
          }}
          onOpen={(problem) => {
            const at = editor
              .getState()
              .problems.findIndex((each) => each.code === problem.code && each.node === problem.node && each.field === problem.field);
            if (at >= 0) goToProblem(editor, at);
            else if (problem.node !== undefined) {
              editor.select({ nodes: [problem.node] });
              editor.set({ inspector: true });
            }
          }}
        />
      </div>
    );
  }
  return <NodeTrialView tried={tried} />;
}
