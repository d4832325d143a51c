import { Menu, Tooltip } from '@mantine/core';
import { ChevronRight, Ellipsis, Link as LinkIcon, X } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import type { FlowNode } from '#shared/flow.ts';
import { nodeName } from '#shared/node-name.ts';
import type { ConfigSchema, NodeTypeInfo } from '#shared/node-type.ts';
import type { Problem } from '#shared/problem.ts';
import { useFlowStatus } from '../../live.ts';
import { useMe } from '../../session.ts';
import { IconButton } from '../../ui/button.tsx';
import { TextAreaField, TextField } from '../../ui/field.tsx';
import { focusWhenThere } from '../../ui/focus.tsx';
import { MenuDropdown } from '../../ui/menu.tsx';
import { CopyButton } from '../../ui/states.tsx';
import { Notice } from '../../ui/status.tsx';
import { action, perform } from '../actions.ts';
import { useEditor, useEditorState, useFlow } from '../context.ts';
import { captionOf, stageOf, troubleOf } from '../describe.ts';
import { findNode, rename, setMode, setNote } from '../document.ts';
import { Icon, NodeTile } from '../icons.tsx';
import { showChord } from '../keys.ts';
import { configure } from '../wiring.ts';
import { ConfigField } from './config-field.tsx';
import { FailurePolicy } from './failure-policy.tsx';
import { fieldsOf, groupsOf } from './form.ts';
import styles from './inspector.module.css';
import { Metrics } from './metrics.tsx';

/** The right panel: the chosen node's numbers and its settings, drawn from its type's schema. */
export function Inspector() {
  const flow = useFlow();
  const chosen = useEditorState((state) => state.history.present.selection.nodes);
  const types = useEditorState((state) => state.types);
  const node = chosen.length === 1 ? findNode(flow, chosen[0]) : undefined;
  return (
    <aside className={styles.inspector} aria-label="Settings" data-pane>
      {node ? <NodeInspector key={node.id} node={node} type={types.get(node.type)} /> : <ManyInspector ids={chosen} />}
    </aside>
  );
}

function ManyInspector({ ids }: { ids: readonly string[] }) {
  const editor = useEditor();
  return (
    <>
      <header className={styles.head}>
        <div className={styles.title}>
          <h2 className={styles.name}>{ids.length} nodes chosen</h2>
        </div>
        <IconButton label="Close" onClick={() => editor.set({ inspector: false })}>
          <X size={16} />
        </IconButton>
      </header>
      <div className={styles.menuList}>
        {['group', 'ungroup', 'disable', 'bypass', 'duplicate', 'copy', 'tidy', 'delete', 'heal'].map((id) => (
          <button key={id} type="button" className={styles.menuItem} onClick={() => perform(editor, id)}>
            <Icon name={action(id).icon ?? ''} />
            {action(id).label}
            <kbd>{showChord(action(id).keys[0] ?? '')}</kbd>
          </button>
        ))}
      </div>
    </>
  );
}

function NodeInspector({ node, type }: { node: FlowNode; type: NodeTypeInfo | undefined }) {
  const editor = useEditor();
  const types = useEditorState((state) => state.types);
  const problems = useEditorState((state) => state.problems).filter((problem) => problem.node === node.id);
  const readOnly = useEditorState((state) => state.readOnly) !== undefined;
  const wanted = useEditorState((state) => state.wanted);
  const flowId = useEditorState((state) => state.record.flow.id);
  const { hooksUrl } = useMe();
  const address = hookAddress(hooksUrl, node, type);
  const stage = stageOf(useFlowStatus(flowId), node.id);
  const trouble = troubleOf(stage);
  const body = useRef<HTMLDivElement>(null);
  const [openGroups, setOpenGroups] = useState<ReadonlySet<string>>(
    // Open from the start where something is set; it must not close when that is set back.
    () => new Set(node.retry === undefined && node.onError === undefined ? [] : ['When it fails']),
  );
  const fields = type ? fieldsOf(type.config) : [];
  const groups = groupsOf(fields);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new wish moves the keyboard.
  useLayoutEffect(() => {
    if (wanted?.node !== node.id) return;
    const group = groups.find((each) =>
      each.fields.some((field) => wanted.field === field.name || wanted.field.startsWith(`${field.name}.`)),
    );
    if (group && !group.open) setOpenGroups((open) => new Set(open).add(group.title));
    const root = body.current;
    return root === null ? undefined : focusWhenThere(root, () => controlOf(root, wanted.field), showControl);
  }, [wanted]);

  const general = problems.filter((problem) => problem.field === undefined || !fields.some((field) => belongs(problem, field.name)));
  const change = (name: string, schema: ConfigSchema) => (value: unknown) => {
    editor.edit(`change ${schema.label ?? name}`, (flow) => configure(flow, types, node.id, name, value), {
      merge: `config/${node.id}/${name}`,
    });
  };
  return (
    <>
      <header className={styles.head}>
        <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} />
        <div className={styles.title}>
          <div className={styles.caption}>{captionOf(type)}</div>
          <h2 className={styles.name} title={nodeName(node, types)}>
            {nodeName(node, types)}
          </h2>
        </div>
        <CopyLink node={node.id} />
        <More />
        <Tooltip label="Close (Esc)">
          <IconButton
            label="Close"
            onClick={() => {
              editor.set({ inspector: false });
              editor.getState().view?.takeFocus();
            }}
          >
            <X size={16} />
          </IconButton>
        </Tooltip>
      </header>
      <div ref={body} className={styles.body}>
        <Metrics node={node} type={type} />
        {trouble && (
          <div className={styles.block}>
            <Notice level={trouble.level === 'info' ? 'info' : 'warning'} title={trouble.text}>
              {stage?.reason}
            </Notice>
          </div>
        )}
        {general.map((problem) => (
          <div key={`${problem.code} ${problem.message}`} className={styles.block}>
            <Notice level={problem.severity} title={problem.message} />
          </div>
        ))}
        <Group title="Basics" open onToggle={undefined}>
          <div data-field="label">
            <TextField
              label="Name"
              value={node.label}
              placeholder={type?.title ?? node.type}
              maxLength={120}
              disabled={readOnly}
              onChange={(event) => {
                const text = event.target.value;
                editor.edit('rename', (flow) => rename(flow, node.id, text), { merge: `label/${node.id}` });
              }}
            />
          </div>
          {type === undefined && (
            <Notice level="error" title={`The node type “${node.type}” is not installed here`}>
              Its settings are kept as they are. Install the type, or replace the node.
            </Notice>
          )}
          {groups
            .filter((group) => group.open)
            .flatMap((group) => group.fields)
            .map((field) => (
              <ConfigField
                key={field.name}
                node={node}
                type={type}
                field={field}
                problems={problems.filter((problem) => belongs(problem, field.name))}
                disabled={readOnly}
                onChange={change(field.name, field.schema)}
              />
            ))}
          {address !== undefined && (
            <p className={styles.address}>
              <span>Answers at</span>
              <code>{address}</code>
              <CopyButton text={address}>Copy</CopyButton>
            </p>
          )}
        </Group>
        {groups
          .filter((group) => !group.open)
          .map((group) => {
            const wrong = group.fields.some((field) => problems.some((problem) => belongs(problem, field.name)));
            return (
              <Group
                key={group.title}
                title={group.title}
                hint={group.fields.map((field) => field.schema.label ?? field.name).join(', ')}
                open={wrong || openGroups.has(group.title)}
                onToggle={() => setOpenGroups((open) => toggled(open, group.title))}
              >
                {group.fields.map((field) => (
                  <ConfigField
                    key={field.name}
                    node={node}
                    type={type}
                    field={field}
                    problems={problems.filter((problem) => belongs(problem, field.name))}
                    disabled={readOnly}
                    onChange={change(field.name, field.schema)}
                  />
                ))}
              </Group>
            );
          })}
        {type !== undefined && type.kind !== 'source' && (
          <Group
            title="When it fails"
            hint={
              type.kind === 'sink' && type.topic === undefined
                ? 'Dead letters, trying again, parking a key'
                : 'Dead letters, skipping, stopping'
            }
            open={openGroups.has('When it fails')}
            onToggle={() => setOpenGroups((open) => toggled(open, 'When it fails'))}
          >
            <FailurePolicy node={node} kind={type.kind} outside={type.topic === undefined} disabled={readOnly} />
          </Group>
        )}
        <Group
          title="This node"
          hint="Note, disabled or bypassed"
          open={openGroups.has('This node') || node.note !== undefined || node.mode !== undefined}
          onToggle={() => setOpenGroups((open) => toggled(open, 'This node'))}
        >
          <ModeChoice node={node} kind={type?.kind ?? 'transform'} disabled={readOnly} />
          <TextAreaField
            label="Note"
            help="For the people who read this flow; it never changes what the flow does."
            value={node.note ?? ''}
            disabled={readOnly}
            rows={3}
            onChange={(event) => {
              const text = event.target.value;
              editor.edit('change the note', (flow) => setNote(flow, node.id, text), { merge: `note/${node.id}` });
            }}
          />
        </Group>
        {type && <p className={styles.about}>{type.summary}</p>}
      </div>
    </>
  );
}

/** Where a webhook source can be reached once it is deployed; undefined for every other node and while it has no path. */
function hookAddress(hooksUrl: string, node: FlowNode, type: NodeTypeInfo | undefined): string | undefined {
  if (type?.kind !== 'source' || type.unique === undefined) return undefined;
  const path = node.config[type.unique.field];
  return typeof path === 'string' && path !== '' ? `${hooksUrl}/${path.replace(/^\/+/, '')}` : undefined;
}

function belongs(problem: Problem, field: string): boolean {
  return problem.field === field || (problem.field ?? '').startsWith(`${field}.`);
}

function toggled(open: ReadonlySet<string>, title: string): ReadonlySet<string> {
  const next = new Set(open);
  if (!next.delete(title)) next.add(title);
  return next;
}

/** The control of a field; where there is no such field, of the nearest enclosing one; an empty name means the first. */
function controlOf(body: HTMLElement, field: string): HTMLElement | null {
  for (let path = field || 'label'; path !== ''; path = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '') {
    const place = body.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    if (place) return place.querySelector<HTMLElement>('input, select, textarea, [contenteditable="true"], button');
  }
  return null;
}

function showControl(control: HTMLElement): void {
  control.closest('[data-field]')?.scrollIntoView({ block: 'nearest' });
  if (control instanceof HTMLInputElement) control.select();
}

function Group({
  title,
  hint,
  open,
  onToggle,
  children,
}: {
  title: string;
  hint?: string;
  open: boolean;
  onToggle: (() => void) | undefined;
  children: ReactNode;
}) {
  return (
    <section className={styles.group}>
      {onToggle === undefined ? (
        <h3 className={styles.groupHead}>{title}</h3>
      ) : (
        <h3>
          <button type="button" className={styles.groupHead} aria-expanded={open} onClick={onToggle}>
            <ChevronRight size={16} className={open ? styles.turned : ''} aria-hidden="true" />
            {title}
            {!open && hint && <span className={styles.hint}>{hint}</span>}
          </button>
        </h3>
      )}
      {open && <div className={styles.fields}>{children}</div>}
    </section>
  );
}

function ModeChoice({ node, kind, disabled }: { node: FlowNode; kind: string; disabled: boolean }) {
  const editor = useEditor();
  const modes: { mode: FlowNode['mode']; label: string }[] = [
    { mode: undefined, label: 'Active' },
    { mode: 'disabled', label: 'Disabled: messages stop here' },
    ...(kind === 'transform' ? [{ mode: 'bypassed' as const, label: 'Bypassed: messages pass unchanged' }] : []),
  ];
  return (
    <fieldset className={styles.modes} disabled={disabled}>
      <legend className={styles.legend}>State</legend>
      {modes.map(({ mode, label }) => (
        <label key={label} className={styles.mode}>
          <input
            type="radio"
            name={`mode-${node.id}`}
            checked={node.mode === mode}
            onChange={() => editor.edit('change the state', (flow) => setMode(flow, [node.id], mode))}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

function CopyLink({ node }: { node: string }) {
  const editor = useEditor();
  const copy = () => {
    const link = new URL(location.href);
    link.searchParams.set('node', node);
    if (navigator.clipboard === undefined) editor.say('This browser does not let the page copy; take the address from the bar.', 'refused');
    else
      navigator.clipboard.writeText(link.href).then(
        () => editor.say('The link is copied.'),
        () => editor.say('The browser refused to copy the link.', 'refused'),
      );
  };
  return (
    <Tooltip label="Copy a link to this node">
      <IconButton label="Copy a link to this node" onClick={copy}>
        <LinkIcon size={16} />
      </IconButton>
    </Tooltip>
  );
}

function More() {
  const editor = useEditor();
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <IconButton label="More">
          <Ellipsis size={16} />
        </IconButton>
      </Menu.Target>
      <MenuDropdown>
        {['peek', 'connect', 'duplicate', 'copy', 'disable', 'bypass', 'delete', 'heal'].map((id) => (
          <Menu.Item
            key={id}
            leftSection={<Icon name={action(id).icon ?? ''} size={14} />}
            rightSection={<kbd className={styles.kbd}>{showChord(action(id).keys[0] ?? '')}</kbd>}
            onClick={() => perform(editor, id)}
          >
            {action(id).label}
          </Menu.Item>
        ))}
      </MenuDropdown>
    </Menu>
  );
}
