import type { ReactNode } from 'react';
import type { Loaded } from '../load.ts';
import { Panel } from '../shell/page.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState, SkeletonRows } from '../ui/states.tsx';
import { Notice } from '../ui/status.tsx';

/** A list that is loaded, in its four states: loading, failed, empty and full. `children` draws the rows. */
export function ListPanel<T>({
  what,
  loaded,
  empty,
  children,
}: {
  what: string;
  loaded: Loaded<readonly T[]>;
  empty: ReactNode;
  children: (items: readonly T[]) => ReactNode;
}) {
  const { data, error, reload } = loaded;
  return (
    <>
      {data !== undefined && error !== undefined && (
        <Notice
          level="warning"
          title={`The ${what} could not be brought up to date`}
          action={
            <Button size="small" onClick={reload}>
              Load again
            </Button>
          }
        >
          What is shown may be older.
        </Notice>
      )}
      <Panel label={what}>
        {data === undefined && error === undefined && <SkeletonRows rows={5} height={44} label={`Loading the ${what}`} />}
        {data === undefined && error !== undefined && (
          <ErrorState what={`The ${what} could not be loaded`} error={error} onRetry={reload} />
        )}
        {data !== undefined && data.length === 0 && empty}
        {data !== undefined && data.length > 0 && children(data)}
      </Panel>
    </>
  );
}
