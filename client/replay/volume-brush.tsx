import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import type { Timeline } from '#shared/moment.ts';
import type { Volume } from '#shared/replay-schemas.ts';
import { exact, fullTime, plural, timeOfDay } from '../format.ts';
import { EventIcon } from '../time/event-looks.tsx';
import { gathered, gravest } from '../time/marks.ts';
import { type Axis, countIn, drawn, moved, type Piece, placeOf } from './brush.ts';
import styles from './volume-brush.module.css';

const width = 1000;
const height = 96;

/** Bars of how many messages came in when, over which a piece of time is dragged; its ends are also moved by keys. */
export function VolumeBrush({
  volume,
  events,
  piece,
  onChange,
}: {
  volume: Volume;
  events: Timeline['events'];
  piece: Piece | undefined;
  onChange: (piece: Piece) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const axis: Axis = { since: volume.since, until: volume.until, width };
  const top = Math.max(1, ...volume.counts);
  const part = width / Math.max(1, volume.counts.length);
  const shown = drag === undefined ? piece : drawn(axis, drag.from, drag.to);

  const place = (event: PointerEvent): number => {
    const box = frame.current?.getBoundingClientRect();
    return box === undefined || box.width === 0 ? 0 : ((event.clientX - box.left) / box.width) * width;
  };
  const begin = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    // An end is dragged against the other one.
    const held = (event.target as HTMLElement).closest<HTMLElement>('[data-end]')?.dataset.end;
    const other = held === undefined ? undefined : held === 'since' ? piece?.until : piece?.since;
    setDrag({ from: other === undefined ? place(event) : placeOf(axis, other), to: place(event) });
  };
  const end = (event: PointerEvent): void => {
    if (drag === undefined) return;
    onChange(drawn(axis, drag.from, place(event)));
    setDrag(undefined);
  };
  const press = (which: 'since' | 'until') => (event: KeyboardEvent) => {
    const next = moved(axis, piece ?? { since: axis.since, until: axis.until }, which, event.key, event.shiftKey);
    if (next === undefined) return;
    event.preventDefault();
    onChange(next);
  };
  const marks = gathered(events, (at) => placeOf(axis, at) / 10, 2);
  const sum = shown && countIn(axis, volume.counts, shown);
  return (
    <div className={styles.brush}>
      <div className={styles.marks}>
        {marks.map((mark) => (
          <span
            key={mark.place}
            className={styles.mark}
            style={{ left: `${mark.place}%` }}
            title={mark.events.map((event) => `${timeOfDay(event.at, true)} ${event.sentence}`).join('\n')}
          >
            <EventIcon kind={gravest(mark.events).kind} />
          </span>
        ))}
      </div>
      <div
        ref={frame}
        className={styles.frame}
        onPointerDown={begin}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: place(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          className={styles.bars}
          role="img"
          aria-label={`${plural(
            volume.counts.reduce((a, b) => a + b, 0),
            'message',
          )} between ${fullTime(volume.since)} and ${fullTime(volume.until)}`}
        >
          {volume.counts.map((count, index) => {
            const tall = count === 0 ? 0 : Math.max(2, (count / top) * (height - 4));
            const from = axis.since + (index / volume.counts.length) * (axis.until - axis.since);
            const inside = shown !== undefined && from >= shown.since && from < shown.until;
            return (
              <rect
                key={from}
                x={index * part + 0.5}
                width={Math.max(1, part - 1)}
                y={height - tall}
                height={tall}
                className={inside ? styles.in : styles.out}
              />
            );
          })}
          {marks.map((mark) => (
            <line key={mark.place} x1={mark.place * 10} x2={mark.place * 10} y1={0} y2={height} className={styles.line} />
          ))}
        </svg>
        {shown && (
          <div
            className={styles.piece}
            style={{ left: `${placeOf(axis, shown.since) / 10}%`, right: `${100 - placeOf(axis, shown.until) / 10}%` }}
          >
            {(['since', 'until'] as const).map((which) => (
              <span
                key={which}
                role="slider"
                data-end={which}
                tabIndex={0}
                className={[styles.end, styles[which]].join(' ')}
                aria-label={which === 'since' ? 'Beginning' : 'End'}
                aria-valuemin={axis.since}
                aria-valuemax={axis.until}
                aria-valuenow={shown[which]}
                aria-valuetext={fullTime(shown[which])}
                onKeyDown={press(which)}
              />
            ))}
          </div>
        )}
      </div>
      <div className={styles.scale} aria-hidden="true">
        {[0, 1, 2, 3, 4].map((quarter) => {
          const at = axis.since + (quarter / 4) * (axis.until - axis.since);
          return <span key={quarter}>{tickText(at, axis)}</span>;
        })}
      </div>
      <p className={styles.sum} role="status">
        {sum === undefined
          ? 'Drag over the bars to choose a time.'
          : `About ${exact(sum)} of ${exact(volume.counts.reduce((a, b) => a + b, 0))} messages chosen.`}
      </p>
    </div>
  );
}

function tickText(at: number, { since, until }: Axis): string {
  const date = new Date(at);
  const day = `${date.getDate()}.${date.getMonth() + 1}.`;
  return until - since <= 36 * 3_600_000 ? timeOfDay(at) : `${day} ${timeOfDay(at)}`;
}
