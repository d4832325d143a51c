/** A time for sentences whose reader may be anywhere: `2026-03-01 14:05 UTC`. @param at ms since 1970 */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
