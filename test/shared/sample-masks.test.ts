import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleMessage } from '#shared/sample.ts';
import { createMasker, defaultMasks, type Mask, maskSteps } from '#shared/sample-masks.ts';

const utf8 = (text: string) => ({ text, encoding: 'utf8' as const });
const message = (value: string | null, more: Partial<SampleMessage> = {}): SampleMessage => ({
  key: null,
  headers: {},
  timestamp: null,
  value: value === null ? null : utf8(value),
  ...more,
});
const masked = (value: string, ...masks: Mask[]): string | undefined => createMasker(masks)(message(value)).message.value?.text;
const at = (path: string, kind: Mask['kind'] = 'hide'): Mask => ({ in: 'value', path, kind });

describe('masks', () => {
  it('change the fields they name, at any place in lists, and no other character', () => {
    const text = '{ "a":{"Email":"x@y.org"}, "items" : [ {"card":"1","n":1.10}, [{"card":true}] ], "id":12345678901234567890 }';
    expect(masked(text, at('a.email'), at('items.card'))).toBe(
      '{ "a":{"Email":"•••"}, "items" : [ {"card":"•••","n":1.10}, [{"card":false}] ], "id":12345678901234567890 }',
    );
  });

  it('change both of two fields of the same name, of which a parser would show only one', () => {
    expect(masked('{"pin":"1234","pin":"5678"}', at('pin'))).toBe('{"pin":"•••","pin":"•••"}');
  });

  it('keep the type of what they change', () => {
    expect(masked('{"s":{"t":"x","e":"","n":-5.5e3,"i":9223372036854775807,"b":true,"z":null,"l":["y",7]}}', at('s'))).toBe(
      '{"s":{"t":"•••","e":"","n":0,"i":0,"b":false,"z":null,"l":["•••",0]}}',
    );
  });

  it('keep the shape of an address and the last four of a number', () => {
    expect(masked('{"e":"Anna.Lee+1@shop.co.uk","f":"none"}', at('e', 'email'), at('f', 'email'))).toBe(
      '{"e":"xxxx.xxx+x@example.com","f":"•••"}',
    );
    expect(masked('{"a":"4111-1111-1111-1234","b":"12345","c":4111111111111234,"d":123,"e":92233720368547758079}', at('*', 'last-4'))).toBe(
      '{"a":"••••-••••-••••-1234","b":"•••","c":1111111111111234,"d":0,"e":11111111111111118079}',
    );
  });

  it('find a name on any way, and a pattern in a name', () => {
    const text = '{"a":{"b":{"access_token":"t"}},"accessToken":"u","tokens":2}';
    expect(masked(text, at('**.accessToken'))).toBe('{"a":{"b":{"access_token":"•••"}},"accessToken":"•••","tokens":2}');
    expect(masked(text, at('a.**.*token'))).toBe('{"a":{"b":{"access_token":"•••"}},"accessToken":"u","tokens":2}');
    expect(masked('{"x":{"y":1,"z":{"y":2}}}', at('x.**'))).toBe('{"x":{"y":0,"z":{"y":0}}}');
    expect(masked('{"a.b":1,"a":{"b":2}}', at('`a.b`'))).toBe('{"a.b":0,"a":{"b":2}}');
  });

  it('take as long as a name is long, however many stars a path has', () => {
    const name = 'a'.repeat(100_000);
    expect(masked(`{"${name}":1}`, at(`${'*a'.repeat(200)}*b`))).toBe(`{"${name}":1}`);
    expect(masked(`{"${name}b":1}`, at(`${'*a'.repeat(200)}*b`))).toBe(`{"${name}b":0}`);
    expect(masked('{"ab":1,"aba":2,"a":3,"abxab":4}', at('ab*ab'))).toBe('{"ab":1,"aba":2,"a":3,"abxab":0}');
  });

  it('come as paths with steps, and what is none is told apart', () => {
    expect(maskSteps('a.`b.c`[0].**.d[]')).toEqual(['a', 'b.c', '**', 'd']);
    expect(maskSteps('')).toEqual([]);
    expect(maskSteps('**')).toEqual([]);
    for (const path of ['a..b', '.a', 'a.', 'a b]', '`a']) expect(maskSteps(path), path).toBeUndefined();
  });

  it('change headers by name and the key', () => {
    const { message: result, masked: count } = createMasker([
      { in: 'header', path: 'authorization', kind: 'hide' },
      { in: 'key', path: '', kind: 'last-4' },
    ])(message(null, { key: utf8('customer-4711'), headers: { Authorization: utf8('Bearer abc'), trace: utf8('1') } }));
    expect(result).toMatchObject({ key: { text: '••••••••-4711' }, headers: { Authorization: { text: '•••' }, trace: { text: '1' } } });
    expect(count).toBe(2);
  });

  it('find fields in bytes of another encoding, and leave the other bytes as they are', () => {
    const bytes = Buffer.from('{"name":"M\u00fcller","password":"geh\u00e4im","pan":"4111111111111234"}', 'latin1');
    const value = { text: bytes.toString('base64'), encoding: 'base64' as const };
    const result = createMasker(defaultMasks)({ ...message(null), value }).message.value;
    const text = Buffer.from(result?.text ?? '', 'base64').toString('latin1');
    expect(text).toContain('"name":"M\u00fcller"');
    expect(JSON.parse(text)).toMatchObject({ password: '•••', pan: '••••••••••••1234' });
  });

  it.each([
    ['{"password": "geheim", "n": 1,', '{"password": "•••", "n": 1,'],
    ['user=ann&password=geheim&x=1', 'user=ann&password=•••&x=1'],
    ['POST /x\nAuthorization: Bearer abc.def\nHost: y', 'POST /x\nAuthorization: •••\nHost: y'],
    ['{"a": {"token":"a\\"b"}', '{"a": {"token":"•••"}'],
    ["{'secret': 'x'}", "{'secret': '•••'}"],
  ])('find what they can in text that is not JSON: %j', (text, expected) => {
    expect(masked(text, ...defaultMasks)).toBe(expected);
  });

  it('hide a whole value that is not JSON when they are told to', () => {
    expect(masked('<xml>secret</xml>', at(''))).toBe('•••');
  });

  it.each([
    'password',
    'userPassword',
    'passwd',
    'secret',
    'clientSecret',
    'token',
    'refresh_token',
    'api-key',
    'X-Api-Key',
    'authorization',
    'cvv',
    'cvc2',
    'cookie',
  ])('hide %s from the beginning', (name) =>
    expect(masked(JSON.stringify({ a: [{ [name]: 'geheim' }] }), ...defaultMasks)).toBe(JSON.stringify({ a: [{ [name]: '•••' }] })),
  );

  it('keep the last four of card numbers from the beginning, and leave what is no secret', () => {
    expect(masked('{"card_number":"4111111111111234","company":"x","span":"y","secretary":"z"}', ...defaultMasks)).toBe(
      '{"card_number":"••••••••••••1234","company":"x","span":"y","secretary":"z"}',
    );
  });

  it('change nothing more when they run again, keep the shape, and leave no masked text', () => {
    const secret = fc.string({ minLength: 1, unit: 'grapheme' });
    const kinds = fc.constantFrom<Mask['kind']>('hide', 'email', 'last-4');
    const leaf = fc.oneof(secret, fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'x.y'), tie('node')),
      ),
    })).node;
    const path = fc
      .array(fc.constantFrom('a', 'b', 'c', '`x.y`', '*', '**'), { minLength: 1, maxLength: 4 })
      .map((steps) => steps.join('.'));
    fc.assert(
      fc.property(tree, path, kinds, fc.constantFrom(0, 2), (value, way, kind, indent) => {
        const text = JSON.stringify(value, null, indent);
        const mask = createMasker([at(way, kind)]);
        const once = mask(message(text)).message;
        expect(mask(once)).toEqual({ message: once, masked: 0 });
        expect(shape(JSON.parse(once.value?.text ?? ''))).toEqual(shape(value));
        expect(once.value?.text).toBe(expectedOf(text, value, way, kind));
      }),
      { numRuns: 500 },
    );
  });
});

const shape = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shape(part)]));
  return value === null ? null : typeof value;
};

/** The same by way of the parsed value: what a mask reaches is what its path reaches, lists passed through. */
function expectedOf(text: string, value: unknown, way: string, kind: Mask['kind']): string {
  const leaf = (part: unknown): unknown => JSON.parse(masked(JSON.stringify({ k: part }), at('k', kind)) ?? '').k;
  const walk = (part: unknown, left: readonly string[][]): unknown => {
    const done = left.some((rest) => rest.length === 0);
    if (Array.isArray(part)) return part.map((item) => walk(item, left));
    if (typeof part !== 'object' || part === null) return done ? leaf(part) : part;
    const next = (name: string) => (done ? [[]] : left.flatMap((rest) => after(rest, name)));
    return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, walk(item, next(name))]));
  };
  return JSON.stringify(walk(value, [maskSteps(way) ?? []]), null, text.includes('\n') ? 2 : 0);
}

function after([step, ...rest]: readonly string[], name: string): string[][] {
  if (step === undefined) return [];
  if (step === '**') return [[step, ...rest], ...after(rest, name)];
  return step === '*' || step === name ? [rest] : [];
}
