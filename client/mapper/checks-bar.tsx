import { ChevronDown, ChevronUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { MappingProblem } from '#shared/shape/checks/row.ts';
import { plural } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { StatusBadge } from '../ui/status.tsx';
import styles from './checks-bar.module.css';
import { useMapper, useMapperState } from './context.ts';
import { actionOf, goToProblem, placeOfProblem, solve } from './fixes.ts';
import { canEdit } from './gestures.ts';

/** What is wrong with the mapping, in one line that opens to a list; each problem leads to its row, and many are solved with one click. */
export function ChecksBar() {
  const mapper = useMapper();
  const problems = useMapperState((state) => state.problems);
  const [open, setOpen] = useState(false);
  const list = useId();
  const toggle = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    toggle.current?.focus();
  };
  useEffect(() => {
    if (problems.length === 0) setOpen(false);
  }, [problems.length]);
  return (
    <section className={styles.checks} aria-label="Checks" data-pane="checks">
      {open && <ProblemRows id={list} problems={problems} onClose={close} onGo={(problem) => goToProblem(mapper, problem)} />}
      <div className={styles.bar}>
        <button
          ref={toggle}
          type="button"
          className={styles.toggle}
          aria-expanded={open}
          aria-controls={open ? list : undefined}
          disabled={problems.length === 0}
          onClick={() => setOpen(!open)}
        >
          {problems.length > 0 && (open ? <ChevronDown size={16} aria-hidden="true" /> : <ChevronUp size={16} aria-hidden="true" />)}
          <Summary problems={problems} />
        </button>
        <SampleVerdict />
      </div>
    </section>
  );
}

function Summary({ problems }: { problems: readonly MappingProblem[] }) {
  const known = useMapperState((state) => state.view.ok);
  const required = problems.filter(({ code }) => code === 'required-unmapped').length;
  const errors = problems.filter(({ level }) => level === 'error').length - required;
  const warnings = problems.length - errors - required;
  if (problems.length === 0) {
    return known ? (
      <StatusBadge level="ok">No problems found</StatusBadge>
    ) : (
      <StatusBadge level="off">Checks wait for the code</StatusBadge>
    );
  }
  return (
    <span className={styles.summary}>
      {errors > 0 && <StatusBadge level="error">{plural(errors, 'error')}</StatusBadge>}
      {warnings > 0 && <StatusBadge level="warning">{plural(warnings, 'warning')}</StatusBadge>}
      {required > 0 && <StatusBadge level="error">{required} unmapped required</StatusBadge>}
    </span>
  );
}

/** Over all samples, how many pass. */
function SampleVerdict() {
  const state = useMapperState(({ preview }) => preview.state);
  const passed = useMapperState(({ preview }) => preview.passed);
  const looked = useMapperState(({ preview }) => preview.looked);
  const total = useMapperState(({ samples }) => samples.length);
  if (total === 0 || state === 'none') return null;
  if (state === 'stopped') return <StatusBadge level="error">Preview stopped after 1 second: the mapping takes too long</StatusBadge>;
  if (looked < total)
    return (
      <span className={styles.looking}>
        Looking at sample {Math.min(looked + 1, total)} of {total}
      </span>
    );
  const failing = looked - passed;
  return failing === 0 ? (
    <StatusBadge level="ok">{looked === 1 ? 'The sample passes' : `All ${looked} samples pass`}</StatusBadge>
  ) : (
    <StatusBadge level="error">
      {failing} of {plural(looked, 'sample')} {failing === 1 ? 'does' : 'do'} not pass
    </StatusBadge>
  );
}

/** The problems, one row each: the arrows go from row to row, Enter to its place, F does the fix. */
function ProblemRows({
  id,
  problems,
  onClose,
  onGo,
}: {
  id: string;
  problems: readonly MappingProblem[];
  onClose: () => void;
  onGo: (problem: MappingProblem) => void;
}) {
  const mapper = useMapper();
  const place = useRef<HTMLUListElement>(null);
  const [at, setAt] = useState(0);
  const now = Math.min(at, problems.length - 1);
  useEffect(() => {
    place.current?.querySelector<HTMLElement>('[data-go]')?.focus();
  }, []);
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(problems.length - 1, to));
    setAt(next);
    place.current?.querySelectorAll<HTMLElement>('[data-go]')[next]?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    const problem = problems[now];
    const steps: Record<string, number> = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: problems.length - 1 };
    const step = steps[event.key];
    if (step !== undefined) move(step);
    else if (event.key === 'Escape') onClose();
    else if (event.key.toLowerCase() === 'f' && !event.ctrlKey && !event.metaKey && problem?.fix !== undefined) solve(mapper, problem);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const editable = canEdit(mapper);
  return (
    <ul id={id} ref={place} className={styles.list} aria-label="Problems" onKeyDown={onKey}>
      {problems.map((problem, index) => {
        const action = actionOf(problem);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two problems may be equal in all but their place in the list.
          <li key={`${problem.code} ${problem.row ?? ''} ${index}`} className={styles.problem}>
            <button
              type="button"
              data-go
              className={styles.go}
              tabIndex={index === now ? 0 : -1}
              onFocus={() => setAt(index)}
              onClick={() => onGo(problem)}
            >
              <span className={styles.level}>
                <StatusBadge level={problem.level}>{problem.level === 'error' ? 'Error' : 'Warning'}</StatusBadge>
              </span>
              <span className={styles.place}>{placeOfProblem(mapper, problem)}</span>
              <span className={styles.sentence}>{problem.message}</span>
            </button>
            {action !== undefined && editable && (
              <Button size="small" tabIndex={index === now ? 0 : -1} onClick={() => solve(mapper, problem)}>
                {action}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
