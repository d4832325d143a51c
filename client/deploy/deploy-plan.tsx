import { ArrowRight, CirclePause, Layers, ShieldAlert, ShieldCheck, Waypoints } from 'lucide-react';
import type { ReactNode } from 'react';
import type { DeployPreview } from '#shared/api.ts';
import { plural } from '../format.ts';
import { Chip } from '../ui/chip.tsx';
import { StatusBadge } from '../ui/status.tsx';
import styles from './deploy-plan.module.css';
import { byWords, type Effect, effectsOf, guaranteeWords, pathSummary, startWords } from './effects.ts';

/** What each path promises, the topics, and where reading starts: what surrounds a deploy. */
export function Surroundings({ preview, nameOf }: { preview: DeployPreview; nameOf: (node: string) => string }) {
  const made = preview.topics.filter((topic) => !topic.exists).length;
  return (
    <>
      {preview.paths.length > 0 && (
        <Section title="What each path promises" aside={pathSummary(preview.paths)}>
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
    </>
  );
}

/** What pressing the button would do, as short sentences. */
export function EffectsPanel({ preview }: { preview: DeployPreview }) {
  return (
    <section className={styles.panel} aria-label="Effects">
      <h2 className={styles.head}>Effects</h2>
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
  );
}

/** A white panel with a head: its title, and beside it how it stands. */
export function Section({ title, aside, children }: { title: string; aside: string; children: ReactNode }) {
  return (
    <section className={styles.panel} aria-label={title}>
      <div className={styles.head}>
        <h2>{title}</h2>
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
