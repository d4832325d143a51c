/** Positions that are too many for an address: they are kept for this tab, and the address names the list. */

const prefix = 'millrace-positions-';
/** A list beyond this does not fit into an address that proxies pass on. */
const fitsAddress = 40;

/** What to put into the address for these positions (`topic/partition/offset`): themselves, or the name of a list that is kept. */
export function addressOf(positions: readonly string[]): { positions: readonly string[] } | { list: string } {
  if (positions.length <= fitsAddress) return { positions };
  const list = `${Date.now().toString(36)}-${positions.length}`;
  sessionStorage.setItem(prefix + list, positions.join('\n'));
  return { list };
}

/** The positions of a list; undefined when this tab does not know it (a link from somebody else). */
export function listed(list: string): string[] | undefined {
  return sessionStorage.getItem(prefix + list)?.split('\n');
}
