import { ArrowRight, CornerLeftUp, History, RotateCw } from 'lucide-react';
import { Link } from 'react-router';
import type { Flow } from '#shared/flow.ts';
import type { TraceWay } from '#shared/trace.ts';
import { useNow } from '../clock.ts';
import type { TypeIndex } from '../editor/document.ts';
import { NodeTile } from '../editor/icons.tsx';
import { fullTime, when } from '../format.ts';
import { Panel } from '../shell/page.tsx';
import { againPath, tracePath } from './trace-path.ts';
import styles from './way-beside.module.css';
import { SaidIcon } from './way-canvas.tsx';
import { againAt, cardOf, depthsOf, type Step, timeOfStep, treeOrder } from './way-model.ts';
import { positionText } from './words.ts';

/** Below the picture: the steps as a tree, the flows before and behind this one, and what was done to the message since. */
export function WayBeside({
  way,
  flow,
  types,
  steps,
  chosen,
  nameOf,
  onGo,
}: {
  way: TraceWay;
  flow: Flow;
  types: TypeIndex;
  steps: readonly Step[];
  chosen: number | undefined;
  nameOf: (node: string) => string;
  onGo: (index: number) => void;
}) {
  const now = useNow();
  const depths = depthsOf(way, steps);
  return (
    <div className={styles.columns}>
      <Panel title="Steps" aside={<span className={styles.quiet}>← and → walk them</span>} label="Steps">
        <ol className={styles.steps}>
          {treeOrder(way, steps).map((step) => {
            const node = flow.nodes.find(({ id }) => id === step.node);
            const type = types.get(node?.type ?? '');
            const said = node && cardOf(flow, types, way, steps, node.id);
            const time = timeOfStep(way, step, nameOf);
            return (
              <li key={step.index}>
                <button
                  type="button"
                  className={styles.step}
                  style={{ paddingLeft: 16 + (depths[step.index] ?? 0) * 18 }}
                  aria-current={step.index === chosen ? 'step' : undefined}
                  onClick={() => onGo(step.index)}
                >
                  <span className={styles.order}>{step.index === 0 ? '' : step.index}</span>
                  <NodeTile look={type?.look ?? 'custom'} icon={type?.icon ?? 'problem'} size={18} />
                  <span className={styles.name}>{nameOf(step.node)}</span>
                  {time.text !== undefined && time.text !== said?.text.toLowerCase() && (
                    <span className={styles.took} title={time.title}>
                      {time.text}
                    </span>
                  )}
                  {said && (
                    <span className={styles.said}>
                      <SaidIcon icon={said.icon} />
                      {said.text} {said.strong}
                    </span>
                  )}
                </button>
                {againAt(way.sinks.filter(({ sink }) => sink === step.node)).map((by) => (
                  <p key={`${by.kind} ${by.id}`} className={styles.again} style={{ paddingLeft: 66 + (depths[step.index] ?? 0) * 18 }}>
                    <RotateCw size={12} aria-hidden="true" />
                    <span>
                      Again by a <Link to={againPath(way.flow, by)}>{by.kind}</Link>
                      {by.at !== undefined && (
                        <>
                          , begun <span title={fullTime(by.at)}>{when(by.at, now)}</span>
                        </>
                      )}
                    </span>
                  </p>
                ))}
              </li>
            );
          })}
        </ol>
      </Panel>
      <div className={styles.stack}>
        {(way.previous !== undefined || way.next.length > 0) && (
          <Panel title="Other flows" label="Other flows">
            <ul className={styles.links}>
              {way.previous && (
                <li>
                  <CornerLeftUp size={14} aria-hidden="true" />
                  <span>
                    Made by{' '}
                    <Link to={tracePath(way.previous.flow, way.previous.origin)}>
                      {way.previous.flowName}, {positionText(way.previous.origin)}
                    </Link>
                  </span>
                </li>
              )}
              {way.next.map((one) => (
                <li key={`${one.sink} ${one.flow} ${one.origin}`}>
                  <ArrowRight size={14} aria-hidden="true" />
                  <span>
                    Goes on from {nameOf(one.sink)} into{' '}
                    <Link to={tracePath(one.flow, one.origin)}>
                      {one.flowName}, {positionText(one.origin)}
                    </Link>
                  </span>
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Panel title="What was done to it since" label="History">
          {way.history.length === 0 ? (
            <p className={styles.none}>Nothing: no retry, no replay, no edit.</p>
          ) : (
            <ul className={styles.links}>
              {way.history.map((one) => (
                <li key={`${one.at} ${one.what}`}>
                  <History size={14} aria-hidden="true" />
                  <span>
                    <span title={fullTime(one.at)}>{when(one.at, now)}</span>, {one.who}:{' '}
                    {one.link === undefined ? one.what : <Link to={one.link}>{one.what}</Link>}
                    {one.reason !== undefined && <span className={styles.quiet}> “{one.reason}”</span>}
                  </span>
                </li>
              ))}
            </ul>
          )}
          <p className={styles.foot}>
            <Link to={`/lineage/${encodeURIComponent(way.flow)}?${new URLSearchParams({ origin: way.origin })}`}>
              Where does the data of this message stand?
            </Link>
          </p>
        </Panel>
      </div>
    </div>
  );
}
