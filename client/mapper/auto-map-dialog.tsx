import { Wand2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import { applyProposals, hasRule, pairKey, standsIn } from '#shared/mapping/apply-proposals.ts';
import { shapePath } from '#shared/mapping/checked-rows.ts';
import { nodeName } from '#shared/node-name.ts';
import { autoMap, type Confidence, type Proposal } from '#shared/shape/auto-map.ts';
import { conversionOf } from '#shared/shape/conversions.ts';
import { type Path, pathText, readPath, startsWith } from '#shared/shape/path.ts';
import { isList, type Shape, shapeAt, walk } from '#shared/shape/shape.ts';
import { findNode } from '../editor/document.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField } from '../ui/field.tsx';
import { EmptyState } from '../ui/states.tsx';
import styles from './auto-map-dialog.module.css';
import { useMapper, useMapperState } from './context.ts';
import { commit, editable } from './gestures.ts';
import { rememberedPairs, rememberPairs, type Verdict, verdictsOf } from './pair-memory.ts';
import { heldAt, heldText } from './sample-value.ts';

const groups: readonly { confidence: Confidence; title: string; says: string }[] = [
  { confidence: 'sure', title: 'Sure', says: 'ticked for you' },
  { confidence: 'likely', title: 'Likely', says: 'have a look' },
  { confidence: 'maybe', title: 'Maybe', says: 'a hint, no more' },
];

/** Proposals for the target's fields, to be looked at before anything is applied; what is ticked comes in as one undo entry. */
export function AutoMapReview() {
  const open = useMapperState((state) => state.open?.kind === 'auto-map');
  return open ? <Review /> : null;
}

function Review() {
  const mapper = useMapper();
  const open = useMapperState((state) => state.open);
  const source = useMapperState((state) => state.source.shape);
  const target = useMapperState((state) => state.target.shape);
  const view = useMapperState((state) => state.view);
  const under = open?.kind === 'auto-map' ? open.under : undefined;
  const [scope, setScope] = useState(() => (under === undefined ? '' : pathText(shapePath(under))));
  const [replace, setReplace] = useState(false);
  const [remembered] = useState(rememberedPairs);
  // By what is paired: the proposals themselves are made anew whenever samples come in, and a tick must outlive that.
  const [own, setOwn] = useState<ReadonlyMap<string, boolean>>(new Map());
  const start = useMemo(() => (view.ok ? view : editable(mapper)), [view, mapper]);
  const all = useMemo(() => autoMap(source, target, namesAround(mapper)), [source, target, mapper]);
  const shown = useMemo(() => {
    if (start === undefined) return [];
    const here = readPath(scope);
    const free = (proposal: Proposal) => !hasRule(start, proposal.target) || (replace && proposal.kind !== 'loop');
    return all.filter((proposal) => startsWith(proposal.target, here) && free(proposal));
  }, [all, start, scope, replace]);
  const ticked = (proposal: Proposal): boolean => own.get(pairKey(proposal)) ?? tickedAtFirst(proposal, remembered);
  const counted = shown.filter((proposal) => ticked(proposal) && listsOf(proposal, shown).every(ticked));

  const tick = (proposal: Proposal, on: boolean): void => {
    const next = new Map(own).set(pairKey(proposal), on);
    // What stands in a list needs the list, and goes with it.
    if (on) for (const list of listsOf(proposal, shown)) next.set(pairKey(list), true);
    else for (const one of shown) if (standsIn(one, proposal)) next.set(pairKey(one), false);
    setOwn(next);
  };
  const close = (): void => mapper.set({ open: undefined });
  const apply = (): void => {
    if (start === undefined) return;
    const { edit, refused } = applyProposals(start, counted);
    const done = counted.length - refused.length;
    const left = refused.length === 0 ? '' : ` ${plural(refused.length, 'field')} could not be mapped: ${refused[0]?.message ?? ''}`;
    if (done > 0) commit(mapper, edit, `map ${plural(done, 'field')}`, `${plural(done, 'field')} mapped.${left}`);
    else mapper.editor.say(`Nothing was mapped.${left}`, 'refused');
    rememberPairs(
      verdictsOf(shown.map((one) => ({ pair: pairKey(one), first: tickedAtFirst(one, remembered), last: counted.includes(one) }))),
    );
    close();
  };

  const places = useMemo(() => scopesOf(target), [target]);
  return (
    <Dialog
      title="Auto-map"
      size={860}
      onClose={close}
      footer={
        <>
          <span className={styles.note}>Nothing is changed before you say so; one undo takes it all back.</span>
          <Button onClick={close}>Cancel</Button>
          <Button look="filled" disabled={counted.length === 0} onClick={apply}>
            {counted.length === 0 ? 'Map fields' : `Map ${plural(counted.length, 'field')}`}
          </Button>
        </>
      }
    >
      <div className={styles.options}>
        <SelectField label="Where" value={scope} onChange={(event) => setScope(event.target.value)}>
          <option value="">The whole mapping</option>
          {places.map(({ path, list }) => (
            <option key={pathText(path)} value={pathText(path)}>
              {list ? 'The list' : 'The object'} {pathText(path)}
            </option>
          ))}
        </SelectField>
        <label className={styles.replace}>
          <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
          Also propose for rows that have a rule
        </label>
      </div>
      {shown.length === 0 ? (
        <Nothing any={all.length > 0} source={source} target={target} />
      ) : (
        <div className={styles.groups}>
          {groups.map(({ confidence, title, says }) => {
            const members = shown.filter((proposal) => proposal.confidence === confidence);
            if (members.length === 0) return null;
            const on = members.filter((proposal) => counted.includes(proposal)).length;
            return (
              <section key={confidence} aria-label={title} className={styles.group}>
                <h3 className={styles.head}>
                  <input
                    type="checkbox"
                    aria-label={`All that are ${title.toLowerCase()}`}
                    checked={on === members.length}
                    ref={(box) => {
                      if (box) box.indeterminate = on > 0 && on < members.length;
                    }}
                    onChange={(event) => {
                      const next = new Map(own);
                      for (const one of members) next.set(pairKey(one), event.target.checked);
                      if (event.target.checked)
                        for (const one of members) for (const list of listsOf(one, shown)) next.set(pairKey(list), true);
                      setOwn(next);
                    }}
                  />
                  <span>{title}</span>
                  <span className={styles.says}>
                    {on} of {members.length}, {says}
                  </span>
                </h3>
                <ul className={styles.list}>
                  {members.map((proposal) => (
                    <ProposalRow
                      key={pairKey(proposal)}
                      proposal={proposal}
                      target={shapeAt(target, proposal.target)}
                      on={counted.includes(proposal)}
                      onChange={(next) => tick(proposal, next)}
                      before={remembered.get(pairKey(proposal))}
                      replaces={start !== undefined && hasRule(start, proposal.target)}
                    />
                  ))}
                </ul>
              </section>
            );
          })}
        </div>
      )}
    </Dialog>
  );
}

function ProposalRow({
  proposal,
  target,
  on,
  onChange,
  before,
  replaces,
}: {
  proposal: Proposal;
  target: Shape | undefined;
  on: boolean;
  onChange: (on: boolean) => void;
  before: Verdict | undefined;
  replaces: boolean;
}) {
  const value = useMapperState(({ samples, current }) => samples[current]?.value);
  const { conversion } = proposal;
  const from = proposal.sources.flatMap((path) => {
    const held = heldAt(
      value,
      path.filter((step): step is string => step !== null),
    );
    return held.there ? [heldText(held)] : [];
  });
  const to = target?.examples?.[0];
  const allowed = target?.facts?.allowed?.slice(0, 3).map(String).join(', ');
  return (
    <li>
      <label className={styles.row}>
        <input type="checkbox" checked={on} onChange={(event) => onChange(event.target.checked)} />
        <span className={styles.side}>
          <span className={styles.path} data-path>
            {pathText(proposal.target)}
          </span>
          <span className={styles.example}>{to ?? allowed ?? kindOf(target)}</span>
        </span>
        <span className={styles.word}>{words[proposal.kind]}</span>
        <span className={styles.side}>
          <span className={styles.path} data-path>
            {proposal.sources.map((path) => pathText(path)).join(' + ')}
          </span>
          <span className={styles.example}>{from.length === 0 ? 'not in this sample' : from.join(' + ')}</span>
        </span>
        <span className={styles.reason}>
          {proposal.reason}
          {conversion !== undefined && ` Converted: ${conversionOf(conversion)?.label ?? conversion}.`}
          {replaces && <strong> Replaces the rule that is there.</strong>}
          {before === 'refused' && <em> You turned this down before.</em>}
        </span>
      </label>
    </li>
  );
}

const words: Record<Proposal['kind'], string> = { copy: 'from', loop: 'for each', list: 'all of', join: 'joined from', split: 'part of' };

function kindOf(shape: Shape | undefined): string {
  const kinds = shape?.kinds.filter((kind) => kind !== 'null') ?? [];
  return kinds.join(' or ') || 'any value';
}

function Nothing({ any, source, target }: { any: boolean; source: Shape; target: Shape }) {
  const icon = <Wand2 size={20} />;
  if (target.kinds.length === 0)
    return (
      <EmptyState icon={icon} title="There is no target shape yet">
        Say first what the result must look like: from the sink, a schema or a sample.
      </EmptyState>
    );
  if (source.kinds.length === 0)
    return (
      <EmptyState icon={icon} title="No message is known yet">
        Take a few samples, so that there are fields to map from.
      </EmptyState>
    );
  return (
    <EmptyState icon={icon} title={any ? 'All that could be proposed is mapped' : 'No fields that fit'}>
      {any ? 'Rows with a rule are left alone unless you ask for them.' : 'The names and values of both sides have nothing in common here.'}
    </EmptyState>
  );
}

/** The lists that must be gone through for a proposal, as far as they are proposed. */
const listsOf = (proposal: Proposal, among: readonly Proposal[]): Proposal[] => among.filter((list) => standsIn(proposal, list));

function tickedAtFirst(proposal: Proposal, remembered: ReadonlyMap<string, Verdict>): boolean {
  const before = remembered.get(pairKey(proposal));
  if (before === 'refused') return false;
  return proposal.confidence === 'sure' || (before === 'taken' && proposal.confidence === 'likely');
}

/** Objects and lists of a target that can be mapped by themselves. */
function scopesOf(target: Shape): { path: Path; list: boolean }[] {
  return [...walk(target)].flatMap(({ path, shape }) => {
    if (path.length === 0 || path.at(-1) === null) return [];
    const list = isList(shape) && (shape.item?.kinds.includes('object') ?? false);
    return list || shape.kinds.includes('object') ? [{ path, list }] : [];
  });
}

/** What the nodes around the mapping are called: it says what the messages are. */
function namesAround(mapper: ReturnType<typeof useMapper>): { sourceName?: string; targetName?: string } {
  const flow = mapper.editor.flow();
  const { types } = mapper.editor.getState();
  const name = (id: string | undefined): string | undefined => {
    const node = findNode(flow, id);
    return node === undefined || node.label === '' ? undefined : nodeName(node, types);
  };
  const sourceName = name(flow.edges.find((edge) => edge.to.node === mapper.node)?.from.node);
  const targetName = name(flow.edges.find((edge) => edge.from.node === mapper.node)?.to.node);
  return { ...(sourceName === undefined ? {} : { sourceName }), ...(targetName === undefined ? {} : { targetName }) };
}
