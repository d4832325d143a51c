/** Jaro-Winkler likeness of two words, 0 to 1: the same letters in about the same places, a common beginning counting more. */
export function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const reach = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1);
  const taken = new Array<boolean>(b.length).fill(false);
  const left: string[] = [];
  for (let i = 0; i < a.length; i++) {
    for (let j = Math.max(0, i - reach); j < Math.min(b.length, i + reach + 1); j++) {
      if (taken[j] || a[i] !== b[j]) continue;
      taken[j] = true;
      left.push(a[i] ?? '');
      break;
    }
  }
  if (left.length === 0) return 0;
  const right = [...b].filter((_, j) => taken[j]);
  const swapped = left.filter((char, i) => char !== right[i]).length / 2;
  const jaro = (left.length / a.length + left.length / b.length + (left.length - swapped) / left.length) / 3;
  let prefix = 0;
  while (prefix < 4 && prefix < Math.min(a.length, b.length) && a[prefix] === b[prefix]) prefix++;
  return jaro + prefix * 0.1 * (1 - jaro);
}
