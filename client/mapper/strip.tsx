import { Fragment } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import { useEditor, useEditorState, useFlow } from '../editor/context.ts';
import { captionOf } from '../editor/describe.ts';
import { findNode } from '../editor/document.ts';
import { NodeTile } from '../editor/icons.tsx';
import { useMapper } from './context.ts';
import { wayThrough } from './neighbours.ts';
import styles from './strip.module.css';

/** Where in the flow the mapping stands: the nodes before it, itself, the nodes after it. A click goes there. */
export function Strip() {
  const mapper = useMapper();
  const editor = useEditor();
  const flow = useFlow();
  const { before, after } = wayThrough(flow, mapper.node);
  const here = findNode(flow, mapper.node);
  const go = (node: FlowNode) => () => {
    editor.select({ nodes: [node.id] });
    if (node.type === 'map') editor.set({ mapping: { node: node.id, field: 'expression' } });
    else editor.set({ mapping: undefined, inspector: true });
  };
  return (
    <nav className={styles.strip} aria-label="The flow around this mapping">
      {before.map(({ node, more }) => (
        <Fragment key={node.id}>
          <Card node={node} onClick={go(node)} />
          <Wire more={more} />
        </Fragment>
      ))}
      {here !== undefined && <Card node={here} current />}
      {after.map(({ node, more }) => (
        <Fragment key={node.id}>
          <Wire more={more} />
          <Card node={node} onClick={go(node)} />
        </Fragment>
      ))}
    </nav>
  );
}

function Wire({ more }: { more: number }) {
  return (
    <span className={styles.wire} title={more === 0 ? undefined : `and ${more} more`}>
      {more > 0 && <span className={styles.more}>+{more}</span>}
    </span>
  );
}

function Card({ node, current = false, onClick }: { node: FlowNode; current?: boolean; onClick?: () => void }) {
  const types = useEditorState((state) => state.types);
  const problems = useEditorState((state) => state.problemsOf.get(node.id)?.length ?? 0);
  const type = types.get(node.type);
  return (
    <button
      type="button"
      className={[styles.card, current ? styles.current : ''].join(' ')}
      aria-current={current ? 'step' : undefined}
      disabled={current}
      title={
        current
          ? undefined
          : node.type === 'map'
            ? `Open the mapper of ${nodeName(node, types)}`
            : `Show ${nodeName(node, types)} on the canvas`
      }
      onClick={onClick}
    >
      <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={24} />
      <span className={styles.words}>
        <span className={styles.caption}>{captionOf(type)}</span>
        <span className={styles.name}>{nodeName(node, types)}</span>
      </span>
      {problems > 0 && (
        <span className={styles.problems}>
          {problems}
          <span className="visually-hidden"> problems</span>
        </span>
      )}
    </button>
  );
}
