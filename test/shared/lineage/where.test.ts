import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowSchema } from '#shared/flow.ts';
import { fieldGoesCsv } from '#shared/lineage/export.ts';
import { meets, reachedRows } from '#shared/lineage/goes.ts';
import { readsOfPlace } from '#shared/lineage/place-reads.ts';
import { type FieldGoes, whereGoes } from '#shared/lineage/where.ts';
import { allRules } from '#shared/mapping/rule.ts';
import { loadCatalog } from '../../../server/catalog.ts';
import { flowOf } from '../../flows/flow.ts';
import { mappingFiles, open } from '../mapping/files.ts';

const types = new Map((await loadCatalog(undefined)).catalog.types.map((type) => [type.type, type]));
const deployed = (id: string, nodes: Parameters<typeof flowOf>[1], edges?: string[]) => ({
  flow: flowSchema.parse({ ...flowOf(id, nodes, edges), name: `Flow ${id}` }),
  version: 3,
});
const source = (topic = 'orders') => ({ id: 'in', type: 'kafka.source', config: { topic } });
const map = (expression: string, more = {}) => ({ id: 'map', type: 'map', config: { expression, ...more } });
const log = { id: 'out', type: 'log' };

const go = (field: string, nodes: Parameters<typeof flowOf>[1], edges?: string[]): FieldGoes =>
  whereGoes({ flow: 'a', field }, [deployed('a', nodes, edges)], types);
const ends = (goes: FieldGoes) =>
  goes.ends.map(({ node, places }) => `${node}: ${places.map(({ place, kind, certainty }) => `${certainty} ${kind} ${place}`).join(', ')}`);

describe('where a field goes', () => {
  it('is every place it is copied to or made into, and no other', () => {
    const goes = go('customer.email', [
      source(),
      map('{ "mail": customer.email, "who": customer, "name": customer.name, "no": id, "has": $exists(customer.email) }'),
      log,
    ]);
    expect(ends(goes)).toEqual(['out: sure copy mail, sure copy who.email, sure made has']);
    expect(goes.uses.map(({ to, how }) => `${how} ${to}`)).toEqual(['copy mail', 'copy who', 'made has']);
    expect(ends(go('id', [source(), map('{ "mail": customer.email }'), log]))).toEqual([]);
  });

  it('goes through loops, joins of text, variables, conditions and splits', () => {
    const lines = '( $c := customer; { "lines": [items.{ "sku": sku, "by": $c.email }], "vip": $c.email = "x" ? 1 : 2 } )';
    expect(ends(go('customer.email', [source(), map(lines), log]))).toEqual(['out: sure copy lines.by, sure made vip']);
    expect(ends(go('items.sku', [source(), map(lines), log]))).toEqual(['out: sure copy lines.sku']);
    const split = { id: 'split', type: 'split', config: { expression: 'items', key: 'sku' } };
    expect(ends(go('items.sku', [source(), split, { ...map('{ "s": sku, "k": $key }') }, log]))).toEqual(['out: sure copy s, may made k']);
  });

  it('says that it only may go where the whole message is copied, and where code has it', () => {
    const whole = go('email', [source(), map('$merge([$, { "x": 1 }])'), log]);
    expect(whole.ends[0]?.places[0]).toMatchObject({ place: 'email', certainty: 'may' });
    const code = go('email', [source(), { id: 'own', type: 'own.code' }, log]);
    expect(ends(code)).toEqual(['out: may made the whole message']);
    expect(code.notes.join(' ')).toContain('code of its own');
    const star = go('person.email', [source(), map('{ "all": $keys(person), "x": person.*[0] }'), log]);
    expect(star.ends[0]?.places.every(({ certainty, place }) => place === 'all' || certainty === 'may')).toBe(true);
  });

  it('names the question to another system, its answer, and what decides', () => {
    const goes = go('email', [
      source(),
      { id: 'only', type: 'filter', config: { condition: 'email != ""' } },
      { id: 'ask', type: 'http-lookup', config: { url: '"https://crm.test/" & email', field: 'crm' } },
      { id: 'out', type: 'http', config: { url: '"https://shop.test/"', body: '{ "c": crm.id }' } },
    ]);
    expect(goes.uses.map(({ what, node }) => `${node} ${what}`)).toEqual(['only decides', 'ask asks', 'out row']);
    expect(goes.ends.map(({ node, target, outside }) => `${node} ${target} ${outside}`)).toEqual([
      'ask "https://crm.test/" & email true',
      'out "https://shop.test/" true',
    ]);
    expect(goes.ends[1]?.places[0]?.certainty).toBe('may');
  });

  it('counts only the columns that take it, and not the secret', () => {
    const goes = go('email', [
      source(),
      { id: 'out', type: 'postgres', config: { connection: 'db', table: 'people', columns: { mail: '$lowercase(email)', no: 'id' } } },
    ]);
    expect(ends(goes)).toEqual(['out: sure made mail']);
    expect(goes.ends[0]).toMatchObject({ target: 'people', outside: true, type: 'PostgreSQL' });
  });

  it('goes on through topics into the flows that read them, and round a circle once', () => {
    const first = deployed('a', [source(), map('{ "m": email }'), { id: 'out', type: 'kafka.sink', config: { topic: 'people' } }]);
    const second = deployed('b', [source('people'), map('{ "mail": m }'), { id: 'out', type: 'kafka.sink', config: { topic: 'orders' } }]);
    const third = deployed('c', [source('people'), { id: 'out', type: 'file', config: { path: 'people.csv' } }]);
    const goes = whereGoes({ flow: 'a', field: 'email' }, [first, second, third], types);
    expect(goes.ends.map(({ flow, target, places }) => `${flow} ${target} ${places.map(({ place }) => place)}`)).toEqual([
      'a people m',
      'b orders mail',
      'c people.csv m',
    ]);
    expect(goes.topics.map(({ topic }) => topic).sort()).toEqual(['millrace.c.out', 'orders', 'people']);
    expect(goes.ends[0]?.readBy.map(({ flow }) => flow)).toEqual(['b', 'c']);
  });

  it('ends at what is disabled, and passes what is bypassed and the error port', () => {
    expect(ends(go('a', [source(), { ...map('{ "b": a }'), mode: 'disabled' }, log]))).toEqual([]);
    expect(ends(go('a', [source(), { ...map('{ "b": a }'), mode: 'bypassed' }, log]))).toEqual(['out: sure copy a']);
    const failed = { id: 'failed', type: 'log' };
    expect(ends(go('a', [source(), map('{ "b": c }'), log, failed], ['in>map', 'map>out', 'map.error>failed']))).toEqual([
      'failed: sure copy a',
    ]);
  });

  it('is given as rows of a sheet, in which nothing is run', () => {
    const goes = go('a', [source(), map('{ "b": a, "c": -a }'), log]);
    const [head, first, , third = ''] = fieldGoesCsv(goes).split('\r\n');
    expect(head).toMatch(/^What,Flow,Version,Node,/);
    expect(first).toBe('outside,Flow a,3,out,Log,a,b,copy,sure,,–');
    expect(fieldGoesCsv(goes)).toContain(",'-a");
    expect(third).toMatch(/^use,Flow a,3,map,map,a,b,copy,sure,,a$/);
  });

  it('says that nothing goes through a flow that is not deployed', () => {
    expect(whereGoes({ flow: 'x', field: 'a' }, [], types).notes).toEqual(['The flow is not deployed, so nothing goes through it now.']);
  });

  it('finds every place of the realistic mappings that reads the field, both ways the same', () => {
    let pairs = 0;
    for (const { name, text } of mappingFiles) {
      const view = open(text);
      const leaves = [...allRules(view.root)].filter(
        (rule) => 'chip' in rule && rule.target.every((step) => typeof step !== 'object' || step === null),
      );
      fc.assert(
        fc.property(fc.constantFrom(...leaves), (rule) => {
          for (const { path, role } of readsOfPlace(view, rule.target)) {
            if (role === 'loop') continue;
            pairs++;
            const names = rule.target.filter((step): step is string => typeof step === 'string');
            const rows = reachedRows(view, { path, certainty: 'sure', kind: 'copy' });
            expect(
              rows.some(({ trail }) => meets(trail.path, names)),
              `${name}: ${path.join('.')} reaches ${names.join('.')}`,
            ).toBe(true);
          }
        }),
        { numRuns: 15, seed: 3 },
      );
    }
    console.info(`pairs of fields and places: ${pairs}`);
    expect(pairs).toBeGreaterThan(300);
  });
});
