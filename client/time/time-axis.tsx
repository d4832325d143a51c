import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { minuteOf, nextMark, type Timeline, withinTimeline } from '#shared/moment.ts';
import { exact, fullTime, timeOfDay } from '../format.ts';
import { EventIcon } from './event-looks.tsx';
import { gathered, gravest } from './marks.ts';
import styles from './time-axis.module.css';

const width = 1000;
const height = 88;
const minuteMs = 60_000;

/**
 * An axis of time with what came in, what failed and what happened, and on it the moment that is looked at. Arrow keys move it
 * by a minute (Shift: by ten), PageUp and PageDown to the next mark, Home and End to the ends; it is dragged by the mouse.
 */
export function TimeAxis({ timeline, at, onChange }: { timeline: Timeline; at: number; onChange: (at: number) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const handle = useRef<HTMLSpanElement>(null);
  const { since, until, step, points, events, spans, countedSince } = timeline;
  const length = until - since;
  const share = (time: number): number => (Math.min(until, Math.max(since, time)) - since) / length;
  const place = (time: number): string => `${share(time) * 100}%`;
  const top = Math.max(1, ...points.map((point) => point.in));
  const topDead = Math.max(1, ...points.map((point) => point.dead));
  const column = (step / length) * width;

  const go = (event: PointerEvent): void => {
    const box = frame.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    onChange(withinTimeline(since + ((event.clientX - box.left) / box.width) * length, timeline));
  };
  const press = (event: KeyboardEvent): void => {
    const far = event.shiftKey ? 10 : 1;
    const next = {
      ArrowLeft: at - far * minuteMs,
      ArrowDown: at - far * minuteMs,
      ArrowRight: at + far * minuteMs,
      ArrowUp: at + far * minuteMs,
      PageUp: nextMark(timeline, at, 1),
      PageDown: nextMark(timeline, at, -1),
      Home: since,
      End: until - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    onChange(withinTimeline(next, timeline));
  };
  const marks = gathered(events, (time) => share(time) * 100, 1.6);
  const point = points.findLast((one) => one.at <= at);
  const here = point !== undefined && at < point.at + step ? point : undefined;
  return (
    <div className={styles.axis}>
      <div className={styles.marks}>
        {marks.map((mark) => {
          const { kind, at: when } = gravest(mark.events);
          return (
            <button
              key={mark.place}
              type="button"
              tabIndex={-1}
              className={styles.mark}
              style={{ left: `${mark.place}%` }}
              title={mark.events.map((event) => `${timeOfDay(event.at, true)} ${event.sentence}`).join('\n')}
              onClick={() => {
                onChange(withinTimeline(when, timeline));
                handle.current?.focus();
              }}
            >
              <EventIcon kind={kind} />
              <span className="visually-hidden">{mark.events.map((event) => event.sentence).join(' ')}</span>
              {mark.events.length > 1 && <span className={styles.many}>{mark.events.length}</span>}
            </button>
          );
        })}
      </div>
      <div
        ref={frame}
        className={styles.frame}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          go(event);
          handle.current?.focus();
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && go(event)}
      >
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" className={styles.chart} aria-hidden="true">
          {(countedSince === undefined || countedSince > since) && (
            <rect x={0} width={share(countedSince ?? until) * width} y={0} height={height} className={styles.uncounted} />
          )}
          {points.map((one) => {
            const x = share(one.at) * width;
            const tall = one.in === 0 ? 0 : Math.max(2, (one.in / top) * (height - 22));
            const fell = one.dead === 0 ? 0 : Math.max(3, (one.dead / topDead) * 18);
            return (
              <g key={one.at}>
                <rect x={x} width={Math.max(1.2, column - 0.6)} y={height - 20 - tall} height={tall} className={styles.in} />
                <rect x={x} width={Math.max(1.6, column - 0.6)} y={height - 19} height={fell} className={styles.dead} />
              </g>
            );
          })}
          <line x1={0} x2={width} y1={height - 19.5} y2={height - 19.5} className={styles.base} />
          {marks.map((mark) => (
            <line key={mark.place} x1={mark.place * 10} x2={mark.place * 10} y1={0} y2={height} className={styles.line} />
          ))}
        </svg>
        <span
          ref={handle}
          role="slider"
          tabIndex={0}
          className={styles.handle}
          style={{ left: place(at) }}
          aria-label="Moment"
          aria-valuemin={since}
          aria-valuemax={until - minuteMs}
          aria-valuenow={at}
          aria-valuetext={`${fullTime(at)}${here === undefined ? '' : `, ${here.in} in, ${here.dead} failed`}`}
          onKeyDown={press}
        >
          <span className={styles.flag} style={{ transform: `translateX(-${share(at) * 100}%)` }}>
            {timeOfDay(at)}
          </span>
        </span>
      </div>
      <div className={styles.bands}>
        {spans.map((span) => (
          <span
            key={`${span.version} ${span.from}`}
            className={styles.band}
            style={{ left: place(span.from), right: `${100 - share(span.until ?? until) * 100}%` }}
            title={`Version ${span.version}, deployed ${fullTime(span.from)} by ${span.who}`}
          >
            <span className={styles.version}>v{span.version}</span>
          </span>
        ))}
      </div>
      <div className={styles.scale} aria-hidden="true">
        {[0, 1, 2, 3, 4].map((quarter) => (
          <span key={quarter}>{tickText(since + (quarter / 4) * length, length)}</span>
        ))}
      </div>
      <ul className={styles.legend}>
        <li>
          <span className={[styles.swatch, styles.swatchIn].join(' ')} aria-hidden="true" />
          {points.length === 0 ? 'in' : `in, most ${exact(top)} in ${step === minuteMs ? 'a minute' : `${step / minuteMs} min`}`}
        </li>
        <li>
          <span className={[styles.swatch, styles.swatchDead].join(' ')} aria-hidden="true" />
          failed, {exact(points.reduce((all, one) => all + one.dead, 0))} in all
        </li>
        {(countedSince === undefined || minuteOf(countedSince) > since) && (
          <li>
            <span className={[styles.swatch, styles.swatchNone].join(' ')} aria-hidden="true" />
            not counted by the minute
          </li>
        )}
      </ul>
    </div>
  );
}

function tickText(at: number, length: number): string {
  const date = new Date(at);
  return length <= 36 * 3_600_000 ? timeOfDay(at) : `${date.getDate()}.${date.getMonth() + 1}. ${timeOfDay(at)}`;
}
