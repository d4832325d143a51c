import { measure, readPairs, sharesOf, sum } from './measure.ts';

/** Prints what autoMap gets right: `node --import tsx test/shared/shape/measure-main.ts [tuning|apart] [--tell]`. */
const folder = process.argv.includes('tuning') ? 'tuning' : process.argv.includes('apart') ? 'apart' : 'auto-map';
const tell = process.argv.includes('--tell');
const all = readPairs(folder).map((pair) => {
  if (tell) console.log(`\n${pair.name}`);
  const counts = measure(pair, tell ? (line) => console.log(`  ${line}`) : undefined);
  return { pair: pair.name, counts };
});
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
for (const { pair, counts } of [...all, { pair: 'all', counts: sum(all.map(({ counts }) => counts)) }]) {
  const { sure, precision, recall, sureRecall } = sharesOf(counts);
  console.log(
    `${pair.padEnd(40)} sure ${counts.sureRight}/${counts.sure} ${percent(sure)}, all ${counts.right}/${counts.all} ${percent(precision)}, recall ${percent(recall)} of ${counts.wanted} (sure alone ${percent(sureRecall)})`,
  );
}
