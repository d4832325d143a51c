/** A length of time for people: `40 s`, `12 min`, `2 h 10 min`, `3 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.round(minutes / 1440)} days`;
}

/** `1 message`, `12,480 messages`. */
export function messages(count: number): string {
  return count === 1 ? '1 message' : `${count.toLocaleString('en-US')} messages`;
}

/** `12 %`, `0.4 %`. */
export function share(part: number): string {
  const value = part * 100;
  const rounded = Math.round(value * 10) / 10;
  return `${value < 10 ? rounded : Math.round(value)}\u2009%`;
}
