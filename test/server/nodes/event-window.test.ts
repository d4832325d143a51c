import { expect, it } from 'vitest';
import { eventWindow } from '#server/nodes/event-window.ts';

it('an event id is known for the length of the window and not longer', async () => {
  let now = 0;
  const window = eventWindow(1000, () => now);
  const produced: number[] = [];
  const take = () => window.once('a', async () => produced.push(now));
  await take();
  now = 1000;
  await take();
  now = 1001;
  await take();
  expect(produced).toEqual([0, 1001]);
});
