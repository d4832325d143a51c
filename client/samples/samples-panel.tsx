import { useWorkspace } from './workspace.ts';

/** The samples of a flow: what is there, and the ways to take more. */
export function SamplesPanel({ flow }: { flow: string; onClose: () => void }) {
  const { samples } = useWorkspace(flow);
  return <div>{samples.length}</div>;
}
