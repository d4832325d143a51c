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
import type { FlowEvent, FlowEventKind } from '#shared/flow-event.ts';
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

/** Events that stand so near to each other on an axis that their marks would lie over each other, as one mark. */
export function gathered(
  events: readonly FlowEvent[],
  place: (at: number) => number,
  apart: number,
): { place: number; events: FlowEvent[] }[] {
  const marks: { place: number; events: FlowEvent[] }[] = [];
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    const at = place(event.at);
    const last = marks.at(-1);
    if (last !== undefined && at - last.place < apart) last.events.push(event);
    else marks.push({ place: at, events: [event] });
  }
  return marks;
}

const weight: FlowEventKind[] = ['incident', 'crash', 'deploy', 'canary', 'stop', 'replay', 'pause', 'retry', 'resume', 'rebalance'];

/** The event of several that matters most, whose icon stands for them. */
export function gravest(events: readonly FlowEvent[]): FlowEvent {
  const [first] = [...events].sort((a, b) => weight.indexOf(a.kind) - weight.indexOf(b.kind));
  if (first === undefined) throw new Error('A mark without an event.');
  return first;
}
