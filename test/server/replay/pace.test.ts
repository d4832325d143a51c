import { expect, test } from 'vitest';
import { createPace, watchFailures } from '#server/replay/pace.ts';

test('no more messages go than the rate allows, and not many fewer', () => {
  let now = 0;
  const pace = createPace(100, () => now);
  let went = 0;
  while (now < 10_000) {
    const ms = pace.waitMs();
    if (ms > 0) now += ms;
    else {
      pace.took();
      went++;
    }
  }
  expect(went).toBeGreaterThan(900);
  expect(went).toBeLessThanOrEqual(1021);
});

test('a rate can be changed while it runs, and 0 is no limit', () => {
  let now = 0;
  const pace = createPace(1, () => now);
  pace.took();
  expect(pace.waitMs()).toBe(1000);
  pace.setRate(0);
  expect(pace.waitMs()).toBe(0);
  pace.setRate(10);
  now += 1000;
  expect(pace.waitMs()).toBe(0);
});

test('it is too much when more than the share of the last messages failed, and of a few it says nothing', () => {
  const watch = watchFailures(0.2);
  const said = Array.from({ length: 30 }, () => watch.ended(true));
  expect(said.indexOf(true)).toBe(19);
  const calm = watchFailures(0.2);
  expect(Array.from({ length: 1000 }, (_, at) => calm.ended(at % 5 === 4)).includes(true)).toBe(false);
  expect(Array.from({ length: 200 }, () => calm.ended(true)).includes(true)).toBe(true);
  const never = watchFailures(1);
  expect(Array.from({ length: 500 }, () => never.ended(true)).includes(true)).toBe(false);
});
