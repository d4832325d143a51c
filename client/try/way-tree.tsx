import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { nodeName } from '#shared/node-name.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { findNode } from '../editor/document.ts';
import { NodeTile } from '../editor/icons.tsx';
import { IconButton } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { OutcomeMark } from './outcome-mark.tsx';
import { type Tried, useTrial, useTrialState } from './trial-store.ts';
import styles from './try-panel.module.css';
import type { Hop } from './way.ts';

/** The way of the followed message from node to node, with its branches; arrows left and right walk it. */
export function WayTree({ tried, hops }: { tried: Tried; hops: readonly Hop[] }) {
  const trial = useTrial();
  const editor = useEditor();
  const types = useEditorState((state) => state.types);
  const node = useTrialState((state) => state.node);
  const record = useTrialState((state) => state.record);
  const at = hops.findIndex((hop) => hop.node === node && hop.record === record);
  const go = (hop: Hop | undefined) => {
    if (!hop) return;
    editor.select({ nodes: [hop.node] });
    trial.look(hop.node, hop.record);
    editor.getState().view?.reveal(hop.node);
  };
  const list = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another hop is what asks for a look.
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [at, hops]);
  const first = hops[0];
  const name = first && tried.result.inputs[tried.result.records[first.record]?.input ?? -1]?.name;
  return (
    <section className={frame.list} aria-label="Way of this message">
      <div className={styles.wayHead}>
        <h3 title={name}>{name ?? 'Way of the message'}</h3>
        <IconButton label="Hop before (arrow left)" size="small" disabled={at <= 0} onClick={() => go(hops[at - 1])}>
          <ChevronLeft size={14} />
        </IconButton>
        <IconButton label="Next hop (arrow right)" size="small" disabled={at < 0 || at >= hops.length - 1} onClick={() => go(hops[at + 1])}>
          <ChevronRight size={14} />
        </IconButton>
      </div>
      <ol className={styles.hops} ref={list}>
        {hops.map((hop, index) => {
          const found = findNode(tried.flow, hop.node);
          const type = found && types.get(found.type);
          return (
            <li key={`${hop.node} ${hop.record}`}>
              <button
                type="button"
                className={styles.hop}
                aria-current={index === at ? 'step' : undefined}
                style={{ paddingLeft: 8 + indentOf(hops, index) * 12 }}
                onClick={() => go(hop)}
              >
                <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={18} />
                {placeAmong(hops, index) !== undefined && <span className={styles.which}>{placeAmong(hops, index)}</span>}
                <span className={styles.hopName}>{found ? nodeName(found, types) : hop.node}</span>
                <OutcomeMark outcome={hop.outcome} sink={type?.kind === 'sink'} quiet />
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Which of several messages of the hop before this one goes on here: `2/3`; undefined where it became one. */
function placeAmong(hops: readonly Hop[], index: number): string | undefined {
  const hop = hops[index];
  const parent = hops.slice(0, index).findLast((each) => each.depth === (hop?.depth ?? 0) - 1);
  if (!hop || parent?.outcome.kind !== 'passed' || parent.outcome.made.length < 2) return undefined;
  return `${parent.outcome.made.indexOf(hop.record) + 1}/${parent.outcome.made.length}`;
}

/** Straight ways stay at one level: only where a message became several does the tree step in. */
function indentOf(hops: readonly Hop[], index: number): number {
  const ancestors: Hop[] = [];
  for (const hop of hops.slice(0, index + 1)) {
    ancestors.length = hop.depth;
    ancestors.push(hop);
  }
  return ancestors.slice(0, -1).filter((hop) => hop.next.length > 1).length;
}
