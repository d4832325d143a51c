import { SlidersHorizontal } from 'lucide-react';
import { useMemo } from 'react';
import { nodeName } from '#shared/node-name.ts';
import { perform } from '../editor/actions.ts';
import { useEditor, useEditorState } from '../editor/context.ts';
import { findNode } from '../editor/document.ts';
import { NodeTile } from '../editor/icons.tsx';
import { Button } from '../ui/button.tsx';
import frame from '../ui/drawer-panel.module.css';
import { CallsChoice } from './calls-choice.tsx';
import { HopDetail } from './hop-detail.tsx';
import { MessageList } from './message-list.tsx';
import { TrySettings } from './settings.tsx';
import { type Tried, useTrialState } from './trial-store.ts';
import styles from './try-panel.module.css';
import { hopsOf, inputOf, wayOf } from './way.ts';
import { WayTree } from './way-tree.tsx';
import { countsInWords } from './words.ts';

/** One node of a Try: its messages at the left, the way of the one that is followed, and what the node made of it. */
export function NodeTrialView({ tried }: { tried: Tried }) {
  const editor = useEditor();
  const types = useEditorState((state) => state.types);
  const id = useTrialState((state) => state.node);
  const record = useTrialState((state) => state.record);
  const stale = useTrialState((state) => state.stale);
  const { flow, result } = tried;
  const input = record === undefined ? undefined : inputOf(result, record);
  const way = useMemo(() => (input === undefined ? undefined : wayOf(flow, result, input)), [flow, result, input]);
  const hops = useMemo(() => (way ? hopsOf(way) : []), [way]);
  const node = findNode(flow, id);
  if (node === undefined) return <p className={styles.none}>Click a node to see what the Try made there.</p>;
  const type = types.get(node.type);
  const counts = tried.counts.nodes.get(node.id);
  const hop = hops.find((each) => each.node === node.id && each.record === record);
  return (
    <>
      <header className={frame.head}>
        <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={22} />
        <h2 className={`${frame.title} ${styles.heading}`}>{nodeName(node, types)}</h2>
        <span className={`${frame.quiet} ${styles.counts}`}>{countsInWords(counts, type?.kind === 'sink')}</span>
        <span className={styles.gap} />
        <CallsChoice node={node} trial={result.nodes[node.id]} />
        <TrySettings />
        <Button
          size="small"
          icon={<SlidersHorizontal size={14} />}
          onClick={() => {
            editor.select({ nodes: [node.id] });
            perform(editor, 'open');
          }}
        >
          Settings
        </Button>
      </header>
      <div className={[frame.split, styles.columns, stale ? styles.stale : ''].join(' ')} aria-busy={stale}>
        <MessageList tried={tried} node={node.id} kind={type?.kind ?? 'transform'} />
        <WayTree tried={tried} hops={hops} />
        {hop ? (
          <HopDetail key={`${hop.node} ${hop.record}`} tried={tried} hop={hop} node={node} type={type} />
        ) : (
          <p className={styles.none}>No sample comes to this node, so there is nothing to compare.</p>
        )}
      </div>
    </>
  );
}
