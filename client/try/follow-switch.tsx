import { ChevronLeft, ChevronRight } from 'lucide-react';
import { IconButton } from '../ui/button.tsx';
import styles from './follow-switch.module.css';
import { useTrial, useTrialState } from './trial-store.ts';
import { inputOf } from './way.ts';

/** In the strip: which of the samples is followed from node to node. */
export function FollowSwitch() {
  const trial = useTrial();
  const result = useTrialState((state) => state.tried?.result);
  const record = useTrialState((state) => state.record);
  if (!result || result.inputs.length === 0) return null;
  const input = record === undefined ? undefined : inputOf(result, record);
  const at = input ?? 0;
  const last = result.inputs.length - 1;
  return (
    <span className={styles.follow}>
      <IconButton label="Previous sample" size="small" disabled={at === 0} onClick={() => trial.follow(at - 1)}>
        <ChevronLeft size={14} />
      </IconButton>
      <select
        className={styles.choice}
        aria-label="Sample to follow"
        value={at}
        onChange={(event) => trial.follow(Number(event.target.value))}
      >
        {result.inputs.map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an input is its place.
          <option key={index} value={index}>
            {each.name}
          </option>
        ))}
      </select>
      <span className={styles.count}>
        {at + 1} of {last + 1}
      </span>
      <IconButton label="Next sample" size="small" disabled={at === last} onClick={() => trial.follow(at + 1)}>
        <ChevronRight size={14} />
      </IconButton>
    </span>
  );
}
