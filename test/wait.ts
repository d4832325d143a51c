/** Asks until the answer is true; the only waiting that tests do. @throws Error naming what did not come true. */
export async function until(what: string, ask: () => boolean | Promise<boolean>, ms = 60_000, everyMs = 50): Promise<void> {
  const deadline = Date.now() + ms;
  let last = '';
  for (;;) {
    try {
      if (await ask()) return;
    } catch (error) {
      last = ` (last error: ${error instanceof Error ? error.message : String(error)})`;
    }
    if (Date.now() > deadline) throw new Error(`Within ${ms / 1000} s it did not come true that ${what}.${last}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
