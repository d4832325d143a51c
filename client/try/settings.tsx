import { Popover } from '@mantine/core';
import { Clock } from 'lucide-react';
import { useState } from 'react';
import { useNow } from '../clock.ts';
import { when } from '../format.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { FocusScope } from '../ui/focus.tsx';
import styles from './settings.module.css';
import { useTrial, useTrialState } from './trial-store.ts';

/** Clock and seed of the Try: shown always, changed in a small form, so that two runs can be the same. */
export function TrySettings() {
  const trial = useTrial();
  const clock = useTrialState((state) => state.now);
  const seed = useTrialState((state) => state.seed);
  const now = useNow();
  const [open, setOpen] = useState(false);
  const words = `Clock ${clock === undefined ? 'of each message' : when(clock, now)}, seed ${seed}`;
  return (
    <Popover opened={open} onChange={setOpen} position="top-end" width={300}>
      <Popover.Target>
        <Button
          size="small"
          icon={<Clock size={14} />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          title="What $now() and $random() give in this Try"
        >
          {words}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={styles.popover ?? ''}>
        <FocusScope />
        <div className={styles.form}>
          <TextField
            label="Clock"
            type="datetime-local"
            step={1}
            help={
              clock === undefined ? 'Left empty: each message’s own time. It is what $now() gives.' : 'What $now() gives, in local time.'
            }
            value={clock === undefined ? '' : localInput(clock)}
            onChange={(event) => {
              const at = Date.parse(event.target.value);
              trial.set({ now: Number.isNaN(at) ? undefined : at });
            }}
          />
          <TextField
            label="Seed"
            inputMode="numeric"
            help="The same seed gives the same random numbers and ids."
            value={String(seed)}
            onChange={(event) => {
              const value = Number(event.target.value.replaceAll(/\D/g, '').slice(0, 9));
              trial.set({ seed: value });
            }}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function localInput(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
