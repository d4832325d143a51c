import {
  ArrowLeftRight,
  Ban,
  CircleCheck,
  CirclePlus,
  CornerUpRight,
  Equal,
  KeyRound,
  type LucideIcon,
  OctagonAlert,
  RefreshCwOff,
  Tags,
} from 'lucide-react';
import type { MessageClass } from '#shared/comparison.ts';
import styles from './classes.module.css';

const icons: Record<MessageClass, LucideIcon> = {
  same: Equal,
  'value-changed': ArrowLeftRight,
  'newly-failing': OctagonAlert,
  'fails-differently': RefreshCwOff,
  'no-longer-sent': Ban,
  'goes-elsewhere': CornerUpRight,
  'key-changed': KeyRound,
  'new-output': CirclePlus,
  'headers-changed': Tags,
  'no-longer-failing': CircleCheck,
};

/** The icon of a class in its colour. Always put its word beside it. */
export function ClassIcon({ of, size = 16 }: { of: MessageClass; size?: number }) {
  const Icon = icons[of];
  return <Icon size={size} className={[styles.icon, styles[of]].join(' ')} aria-hidden="true" />;
}

/** The class whose colour a part of the bar has. */
export function barClass(of: MessageClass): string {
  return [styles.part, styles[of]].join(' ');
}
