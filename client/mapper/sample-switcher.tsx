import { ChevronLeft, ChevronRight, FlaskConical } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { MessageOutcome } from '#shared/mapping/preview.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { type Level, StatusBadge, StatusIcon } from '../ui/status.tsx';
import { useMapper, useMapperState } from './context.ts';
import type { Mapper } from './mapper-store.ts';
import styles from './sample-switcher.module.css';

const verdicts: Record<MessageOutcome, { level: Level; word: string }> = {
  passed: { level: 'ok', word: 'Passes' },
  failed: { level: 'error', word: 'Fails' },
  nothing: { level: 'warning', word: 'Gives nothing' },
};

/** Shows the results of the next sample, or of the one before, round and round. */
export function stepSample(mapper: Mapper, by: 1 | -1): void {
  const { samples, current } = mapper.getState();
  if (samples.length < 2) return;
  chooseSample(mapper, (current + by + samples.length) % samples.length);
}

function chooseSample(mapper: Mapper, index: number): void {
  const { samples } = mapper.getState();
  mapper.set({ current: index, items: new Map() });
  mapper.editor.say(`Sample ${index + 1} of ${samples.length}: ${samples[index]?.name ?? ''}.`);
}

/** Which sample the results are of, the way to the others, and whether each passes the mapping. */
export function SampleSwitcher() {
  const mapper = useMapper();
  const samples = useMapperState((state) => state.samples);
  const current = useMapperState((state) => state.current);
  const state = useMapperState((one) => one.samplesState);
  const reason = useMapperState((one) => one.samplesReason);
  const outcome = useMapperState(({ preview, current: at }) => preview.outcomes[at]);
  const [open, setOpen] = useState(false);
  const around = useRef<HTMLDivElement>(null);
  const drawer = (): void => {
    setOpen(false);
    mapper.set({ open: { kind: 'samples' } });
  };
  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      if (!(event.target instanceof Node) || !around.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('focusin', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('focusin', close);
    };
  }, [open]);

  if (state === 'loading') return <span className={styles.quiet}>Loading samples…</span>;
  if (samples.length === 0) {
    return (
      <span className={styles.switcher}>
        {state === 'failed' ? (
          <span title={reason}>
            <StatusBadge level="error">Samples could not be read</StatusBadge>
          </span>
        ) : (
          reason !== undefined && (
            <span title={reason}>
              <StatusBadge level="warning">No sample reaches this node</StatusBadge>
            </span>
          )
        )}
        <Button size="small" icon={<FlaskConical size={14} aria-hidden="true" />} onClick={drawer}>
          Take samples
        </Button>
      </span>
    );
  }
  const name = samples[current]?.name ?? '';
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes the list from wherever the keyboard is in it.
    <div
      className={styles.switcher}
      ref={around}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        setOpen(false);
        around.current?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
      }}
    >
      {reason !== undefined && (
        <span className={styles.reason} role="img" aria-label={reason} title={reason}>
          <StatusIcon level="warning" />
        </span>
      )}
      <IconButton
        size="small"
        label="Previous sample"
        title="Previous sample ["
        disabled={samples.length < 2}
        onClick={() => stepSample(mapper, -1)}
      >
        <ChevronLeft size={16} aria-hidden="true" />
      </IconButton>
      <button type="button" className={styles.now} aria-haspopup="listbox" aria-expanded={open} title={name} onClick={() => setOpen(!open)}>
        <span className={styles.count}>
          Sample {current + 1} of {samples.length}
        </span>
        <span className={styles.name}>{name}</span>
        {outcome !== undefined && <StatusBadge level={verdicts[outcome].level}>{verdicts[outcome].word}</StatusBadge>}
      </button>
      <IconButton
        size="small"
        label="Next sample"
        title="Next sample ]"
        disabled={samples.length < 2}
        onClick={() => stepSample(mapper, 1)}
      >
        <ChevronRight size={16} aria-hidden="true" />
      </IconButton>
      {open && (
        <SampleList
          onChoose={(index) => {
            chooseSample(mapper, index);
            setOpen(false);
            around.current?.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
          }}
          onDrawer={drawer}
        />
      )}
    </div>
  );
}

function SampleList({ onChoose, onDrawer }: { onChoose: (index: number) => void; onDrawer: () => void }) {
  const samples = useMapperState((state) => state.samples);
  const current = useMapperState((state) => state.current);
  const outcomes = useMapperState((state) => state.preview.outcomes);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }, []);
  const move = (from: HTMLElement, by: number): void => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>('[role="option"]') ?? [])];
    all[Math.max(0, Math.min(all.length - 1, all.indexOf(from) + by))]?.focus();
  };
  return (
    <div className={styles.menu}>
      <div
        role="listbox"
        tabIndex={-1}
        aria-label="Samples"
        className={styles.options}
        ref={list}
        onKeyDown={(event) => {
          const by = { ArrowDown: 1, ArrowUp: -1, Home: -samples.length, End: samples.length }[event.key];
          if (by === undefined || !(event.target instanceof HTMLElement)) return;
          event.preventDefault();
          event.stopPropagation();
          move(event.target, by);
        }}
      >
        {samples.map((sample, index) => {
          const outcome = outcomes[index];
          return (
            <button
              // biome-ignore lint/suspicious/noArrayIndexKey: one sample may come as several messages.
              key={`${sample.id} ${index}`}
              type="button"
              role="option"
              aria-selected={index === current}
              tabIndex={index === current ? 0 : -1}
              className={styles.option}
              onClick={() => onChoose(index)}
            >
              <span className={styles.number}>{index + 1}</span>
              <span className={styles.name}>{sample.name}</span>
              {outcome !== undefined && <StatusBadge level={verdicts[outcome].level}>{verdicts[outcome].word}</StatusBadge>}
            </button>
          );
        })}
      </div>
      <div className={styles.foot}>
        <Button size="small" look="quiet" icon={<FlaskConical size={14} aria-hidden="true" />} onClick={onDrawer}>
          Take or change samples
        </Button>
      </div>
    </div>
  );
}
