/** Fires when whoever asked has gone away, or has the answer. */
export function gone(response: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const over = new AbortController();
  response.once('close', () => over.abort(new Error('Nobody waits for the answer any more.')));
  return over.signal;
}
