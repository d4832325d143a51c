import { useEffect } from 'react';
import type { ReconcileReport } from '#shared/reconcile.ts';
import { api } from '../api.ts';
import { type Loaded, useLoad } from '../load.ts';

const pollMs = 700;

/** Whether something of a report is under way. */
export function isRunning(report: ReconcileReport | undefined): boolean {
  return report?.state === 'running' || report?.backfill?.state === 'running';
}

/** A report, asked for again while something of it is under way. */
export function useReport(flow: string, id: string): Loaded<ReconcileReport> {
  const loaded = useLoad(() => api.reconcile(flow, id), `${flow} ${id}`);
  const { data, loading, reload } = loaded;
  const running = isRunning(data);
  useEffect(() => {
    if (!running || loading) return;
    const timer = setTimeout(reload, pollMs);
    return () => clearTimeout(timer);
  }, [running, loading, reload]);
  return loaded;
}
