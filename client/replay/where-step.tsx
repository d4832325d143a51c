import { useId } from 'react';
import type { FlowHistory } from '#shared/api.ts';
import { nodeName } from '#shared/node-name.ts';
import { effectiveConfig, guaranteeOf, type NodeTypeInfo } from '#shared/node-type.ts';
import { useMay } from '../session.ts';
import { SelectField } from '../ui/field.tsx';
import { Skeleton } from '../ui/states.tsx';
import type { ReplayChoice } from './choice.ts';
import type { VersionFacts } from './facts.ts';
import styles from './replay-page.module.css';
import { Step, Tick, Way } from './step.tsx';
import { givenAgain, targetWords } from './words.ts';

/** Which version runs, and where what it makes goes. */
export function WhereStep({
  locked,
  missing,
  history,
  usual,
  run,
  types,
  choice,
  onChange,
}: {
  locked: string | undefined;
  missing: string | undefined;
  history: FlowHistory;
  usual: number | undefined;
  run: VersionFacts | undefined;
  types: ReadonlyMap<string, NodeTypeInfo>;
  choice: ReplayChoice;
  onChange: (change: Partial<ReplayChoice>) => void;
}) {
  const name = useId();
  const admin = useMay('admin');
  const sinks = run?.sinks ?? [];
  const ticked = new Set(choice.sinks ?? sinks.map(({ id }) => id));
  return (
    <Step number={2} title="Where to" locked={locked} aside={missing}>
      <div className={styles.times}>
        <SelectField
          label="Version that runs"
          value={choice.version ?? usual ?? ''}
          onChange={(event) => onChange({ version: Number(event.target.value) === usual ? undefined : Number(event.target.value) })}
          help="A draft is published as a version before it can replay anything."
        >
          {history.versions.map(({ version, note }) => (
            <option key={version} value={version}>
              {`Version ${version}${version === history.deployedVersion ? ', live' : ''}${note === '' ? '' : `, ${note.slice(0, 60)}`}`}
            </option>
          ))}
        </SelectField>
      </div>
      <fieldset className={styles.ways}>
        <legend className={styles.legend}>What it makes goes to</legend>
        {(['compare', 'scratch', 'real'] as const).map((target) => (
          <Way
            key={target}
            name={name}
            checked={choice.target === target}
            title={targetWords[target].title}
            onChoose={() => onChange({ target })}
          >
            {targetWords[target].detail}
            {target === 'real' && !admin && ' You are no admin.'}
          </Way>
        ))}
      </fieldset>
      <fieldset className={styles.sinks}>
        <legend className={styles.legend}>Of these sinks</legend>
        {run === undefined ? (
          <Skeleton height={40} />
        ) : (
          sinks.map((sink) => {
            const type = types.get(sink.type);
            const guarantee =
              type?.topic === undefined
                ? type === undefined
                  ? 'none'
                  : guaranteeOf(type.guarantee, effectiveConfig(type, sink.config))
                : 'kafka';
            return (
              <Tick
                key={sink.id}
                checked={ticked.has(sink.id)}
                title={nodeName(sink, types)}
                onChange={(on) => {
                  const next = sinks.map(({ id }) => id).filter((id) => (id === sink.id ? on : ticked.has(id)));
                  onChange({ sinks: next.length === sinks.length ? undefined : next });
                }}
              >
                {givenAgain[guarantee]}
              </Tick>
            );
          })
        )}
        {run !== undefined && sinks.length === 0 && <p className={styles.quiet}>This version has no sink.</p>}
      </fieldset>
    </Step>
  );
}
