import { useTrialState } from './trial-store.ts';

/** Under the canvas in Try: the messages of one node and the way of one of them. */
export function TryPanel() {
  const node = useTrialState((state) => state.node);
  return <div>{node}</div>;
}
