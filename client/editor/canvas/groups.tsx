import { useState } from 'react';
import { ViewportPortal } from 'reactflow';
import { plural } from '../../format.ts';
import { useEditor, useEditorState, useFlow } from '../context.ts';
import { boundsOf } from '../geometry.ts';
import { renameGroup } from '../groups.ts';
import styles from './groups.module.css';

const padding = 16;
const titleHeight = 32;

/** The frames behind the cards. A click on a title chooses the group's nodes, so that dragging one moves all. */
export function Groups() {
  const flow = useFlow();
  const types = useEditorState((state) => state.types);
  if (flow.layout.groups.length === 0) return null;
  return (
    <ViewportPortal>
      {flow.layout.groups.map((group) => {
        const box = boundsOf(flow, types, group.nodes);
        if (!box) return null;
        return (
          <div
            key={group.id}
            className={styles.frame}
            style={{
              left: box.x - padding,
              top: box.y - padding - titleHeight,
              width: box.width + padding * 2,
              height: box.height + padding + titleHeight + 8,
            }}
          >
            <Title id={group.id} title={group.title} nodes={group.nodes} />
          </div>
        );
      })}
    </ViewportPortal>
  );
}

function Title({ id, title, nodes }: { id: string; title: string; nodes: readonly string[] }) {
  const editor = useEditor();
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const [typed, setTyped] = useState<string>();
  if (typed !== undefined) {
    const finish = (keep: boolean) => {
      if (keep) editor.edit('rename a group', (flow) => renameGroup(flow, id, typed));
      setTyped(undefined);
    };
    return (
      <input
        className={`${styles.input} nodrag nopan`}
        aria-label="Title of the group"
        // biome-ignore lint/a11y/noAutofocus: the title was double-clicked to be typed over.
        autoFocus
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => finish(true)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === 'Enter' || event.key === 'Escape') finish(event.key === 'Enter');
        }}
      />
    );
  }
  return (
    <button
      type="button"
      tabIndex={-1}
      className={styles.title}
      title="Click chooses all of it, double click renames it"
      onClick={() => editor.select({ nodes: [...nodes] })}
      onDoubleClick={() => !readOnly && setTyped(title)}
    >
      {title}
      <span className={styles.count}>{plural(nodes.length, 'node')}</span>
    </button>
  );
}
