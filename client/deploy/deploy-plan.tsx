import { ArrowRight, CirclePause, Layers, ShieldAlert, ShieldCheck, Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import type { DeployPreview } from '#shared/api.ts';
import type { Flow } from '#shared/flow.ts';
import type { Problem } from '#shared/problem.ts';
import { plural } from '../format.ts';
import { Chip } from '../ui/chip.tsx';
import { ProblemList } from '../ui/problem-list.tsx';
import { type Level, StatusBadge, StatusIcon } from '../ui/status.tsx';
import styles from './deploy-plan.module.css';
import { byWords, type Effect, effectsOf, guaranteeWords, pathSummary, startWords } from './effects.ts';

/** Checks, guarantees, topics and groups of a deploy on the left; its effects and the button on the right. */
export function DeployPlan({
  flow,
  preview,
  action,
  onOpenProblem,
}: {
  flow: Flow;
  preview: DeployPreview;
  action: ReactNode;
  onOpenProblem?: (problem: Problem) => void;
}) {
  const labels = new Map(flow.nodes.map((node) => [node.id, node.label === '' ? node.id : node.label]));
  const nameOf = (node: string): string => labels.get(node) ?? node;
  const errors = preview.problems.filter((problem) => problem.severity === 'error').length;
  const warnings = preview.problems.length - errors;
  const weak = preview.paths.filter((path) => path.guarantee === 'at-least-once').length;
  const made = preview.topics.filter((topic) => !topic.exists).length;
  return (
    <>
      <p className={styles.sentence}>{verdict(preview, errors)}</p>
      <div className={styles.columns}>
        <div className={styles.main}>
          <div className={styles.tiles}>
            <Tile
              level={errors > 0 ? 'error' : warnings > 0 ? 'warning' : 'ok'}
              title="Checks"
              detail={`${plural(errors, 'error')}, ${plural(warnings, 'warning')}`}
            />
            <Tile
              level={weak > 0 ? 'warning' : preview.paths.length === 0 ? 'off' : 'ok'}
              title={preview.paths.length === 0 ? 'Guarantees' : `Guarantees ${preview.paths.length - weak}/${preview.paths.length}`}
              detail={pathSummary(preview.paths)}
            />
            <Tile
              level={preview.topics.length === 0 ? 'off' : 'ok'}
              title={`Topics ${preview.topics.length}`}
              detail={preview.topics.length === 0 ? 'none yet' : made === 0 ? 'all there already' : `${made} created by this deploy`}
            />
          </div>

          {preview.problems.length > 0 && (
            <Section title="Problems" aside={`${plural(errors, 'error')}, ${plural(warnings, 'warning')}`}>
              <ProblemList problems={preview.problems} nameOf={nameOf} {...(onOpenProblem && { onOpen: onOpenProblem })} />
            </Section>
          )}

          {preview.paths.length > 0 && (
            <Section title="What each path promises" aside="what happens to a message when a machine fails">
              <ul>
                {preview.paths.map((path) => (
                  <li key={`${path.source} ${path.sink}`} className={styles.path}>
                    <span className={styles.way}>
                      <span className={styles.cut}>{nameOf(path.source)}</span>
                      <ArrowRight size={14} aria-label="to" className={styles.arrow} />
                      <strong className={styles.cut}>{nameOf(path.sink)}</strong>
                    </span>
                    <span className={styles.promise}>
                      <StatusBadge
                        level={path.guarantee === 'at-least-once' ? 'warning' : 'ok'}
                        icon={path.guarantee === 'at-least-once' ? <ShieldAlert size={14} /> : <ShieldCheck size={14} />}
                      >
                        {guaranteeWords[path.guarantee]}
                      </StatusBadge>
                      <span className={styles.by}>{byWords[path.by]}</span>
                      {path.weakest !== undefined && path.guarantee === 'at-least-once' && (
                        <span className={styles.by}>weakened by {nameOf(path.weakest)}</span>
                      )}
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          )}

          {preview.topics.length > 0 && (
            <Section title="Topics" aside={made === 0 ? 'nothing is created' : `${made} created, none deleted`}>
              <ul>
                {preview.topics.map((topic) => (
                  <li key={topic.name} className={styles.line}>
                    <code className={styles.cut} title={topic.name}>
                      {topic.name}
                    </code>
                    <span className={styles.lineEnd}>
                      <span className={styles.by}>{plural(topic.partitions, 'partition')}</span>
                      <span className={styles.state}>{topic.exists ? <Chip>Exists</Chip> : <Chip look="info">New</Chip>}</span>
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          )}

          {preview.groups.length > 0 && (
            <Section title="Where reading starts" aside={plural(preview.groups.length, 'consumer group')}>
              <ul>
                {preview.groups.map((group) => (
                  <li key={group.group} className={styles.line}>
                    <code className={styles.cut} title={group.group}>
                      {group.group}
                    </code>
                    <span className={styles.by}>{startWords(group.start)}</span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
        </div>

        <div className={styles.side}>
          <section className={styles.panel}>
            <h3 className={styles.head}>Effects</h3>
            <ul className={styles.effects}>
              {effectsOf(preview).map((effect) => (
                <li key={effect.title} className={styles.effect}>
                  <EffectIcon kind={effect.kind} />
                  <span>
                    <span className={styles.effectTitle}>{effect.title}</span>
                    <span className={styles.by}>{effect.detail}</span>
                  </span>
                </li>
              ))}
            </ul>
          </section>
          <section className={styles.panel}>{action}</section>
        </div>
      </div>
    </>
  );
}

function verdict({ replaces, nextVersion, restarts, groups }: DeployPreview, errors: number): string {
  if (errors > 0) return `${plural(errors, 'error')} in the draft; it cannot go live yet. Nothing was written.`;
  if (replaces === nextVersion) return `Version ${replaces} is live, and the draft does the same. Nothing was written.`;
  if (replaces === undefined && groups.some((group) => group.start === 'continues'))
    return 'The flow stands still now. Nothing was written yet.';
  if (replaces === undefined) return 'This flow goes live for the first time. Nothing was written yet.';
  if (!restarts) return `Replaces version ${replaces}, which does the same. Nothing was written yet.`;
  return `Replaces version ${replaces}. Nothing was written yet.`;
}

function Tile({ level, title, detail }: { level: Level; title: string; detail: string }) {
  return (
    <div className={styles.tile}>
      <StatusIcon level={level} size={20} />
      <div>
        <div className={styles.tileTitle}>{title}</div>
        <div className={styles.by}>{detail}</div>
      </div>
    </div>
  );
}

function Section({ title, aside, children }: { title: string; aside: string; children: ReactNode }) {
  return (
    <section className={styles.panel}>
      <div className={styles.head}>
        <h3>{title}</h3>
        <span className={styles.by}>{aside}</span>
      </div>
      {children}
    </section>
  );
}

function EffectIcon({ kind }: { kind: Effect['kind'] }) {
  const Icon = { continue: Waypoints, pause: CirclePause, topics: Layers, stop: CirclePause }[kind];
  return <Icon size={16} className={styles.effectIcon} aria-hidden="true" />;
}
