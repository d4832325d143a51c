import { useMapperState } from './context.ts';

/** The editor of the open row: a popover beside its row, `anchor`; nothing while no row is open. */
export function RowEditor({ anchor }: { anchor: HTMLElement | null }) {
  const open = useMapperState((state) => state.open);
  if (open?.kind !== 'row' || anchor === null) return null;
  return null;
}
