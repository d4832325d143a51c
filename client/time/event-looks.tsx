import {
  Bird,
  CirclePause,
  CirclePlay,
  CircleStop,
  History,
  type LucideIcon,
  OctagonAlert,
  Rocket,
  RotateCw,
  Shuffle,
  Siren,
} from 'lucide-react';
import type { FlowEventKind } from '#shared/flow-event.ts';
import styles from './event-looks.module.css';

/** How each kind of event is drawn on an axis of time: icon, word, and which tone it has. */
export const eventLooks: Record<FlowEventKind, { icon: LucideIcon; word: string; tone: 'info' | 'warning' | 'error' | 'off' }> = {
  deploy: { icon: Rocket, word: 'Deployed', tone: 'info' },
  stop: { icon: CircleStop, word: 'Stopped', tone: 'off' },
  crash: { icon: OctagonAlert, word: 'Crashed', tone: 'error' },
  rebalance: { icon: Shuffle, word: 'Rebalanced', tone: 'off' },
  pause: { icon: CirclePause, word: 'Paused', tone: 'warning' },
  resume: { icon: CirclePlay, word: 'Resumed', tone: 'off' },
  canary: { icon: Bird, word: 'Canary', tone: 'info' },
  replay: { icon: History, word: 'Replayed', tone: 'info' },
  retry: { icon: RotateCw, word: 'Retried', tone: 'info' },
  incident: { icon: Siren, word: 'Incident', tone: 'error' },
};

/** The icon of an event in its tone, with its word for who cannot see it. */
export function EventIcon({ kind, size = 14 }: { kind: FlowEventKind; size?: number }) {
  const { icon: Icon, tone, word } = eventLooks[kind];
  return (
    <span className={styles[tone]} title={word}>
      <Icon size={size} aria-hidden="true" />
      <span className="visually-hidden">{word}: </span>
    </span>
  );
}
