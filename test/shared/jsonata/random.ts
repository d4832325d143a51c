/** Random expressions and messages from a seed: the same seed gives the same run on every machine. */
export interface Random {
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, n. */
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
  chance(probability: number): boolean;
}

/** The mulberry32 generator: 32 bits of state, good enough to pick test cases. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { next, below, pick: (items) => items[below(items.length)] as (typeof items)[number], chance: (p) => next() < p };
}

const cities = ['Berlin', 'Oslo', 'Lyon', 'Köln', 'São Paulo', '東京'];
const names = ['Ada', 'Grace', 'Linus', 'Zoë', 'Ünal', '👩‍🚀 Sally'];
const tags = ['new', 'gift', 'b2b', 'urgent', 'new'];

function line(random: Random, i: number): Record<string, unknown> {
  return {
    sku: `SKU-${100 + random.below(5)}`,
    title: random.pick(['Bowler Hat', 'Cloak', 'Trilby hat', 'cup']),
    qty: 1 + random.below(4),
    price: random.pick([34.45, 21.67, 107.99, 0.1, 10]),
    pos: i,
    tags: Array.from({ length: random.below(3) }, () => random.pick(tags)),
    attributes: { color: random.pick(['red', 'Blue', '']), weight: random.next() * 3, dims: [1, 2, random.below(4)] },
  };
}

/** An order as web shops send them. */
export function order(random: Random): Record<string, unknown> {
  return {
    id: `order-${random.below(1000)}`,
    total: Math.round(random.next() * 10000) / 100,
    placed: 1521801216617 + random.below(1e9),
    date: '2018-03-23T10:33:36.617Z',
    paid: random.chance(0.5),
    note: random.pick(['', 'leave at door', null, 'a-b-c']),
    customer: {
      name: random.pick(names),
      email: 'ada@example.org',
      address: { city: random.pick(cities), zip: '10115', lines: ['Main St 1', 'c/o X'] },
      phones: [
        { kind: 'home', number: '030-1' },
        { kind: 'work', number: '030-2' },
      ],
    },
    items: Array.from({ length: 1 + random.below(4) }, (_, i) => line(random, i)),
    shipments: Array.from({ length: random.below(3) }, (_, i) => ({
      id: i,
      sku: `SKU-${100 + random.below(5)}`,
      parcels: [{ kg: 1 + i }, { kg: 2 }],
    })),
    discounts: random.pick([[], [5], [5, 10, 5], [[1, 2], [3]], null]),
    matrix: [
      [1, 2],
      [3, [4, 5]],
    ],
    empty: {},
  };
}

/**
 * The message with some fields dropped, emptied, wrapped or unwrapped; `rate` is the share of values that are so changed
 * in each of two ways.
 */
export function mutate(random: Random, value: unknown, rate = 0.06, depth = 0): unknown {
  if (depth > 0 && random.chance(rate)) {
    return random.pick<unknown>([null, [], {}, '', 0, undefined, [value], [[value]], false, 'x', [value, value], -1.5, [null], [[]]]);
  }
  if (depth > 0 && random.chance(rate / 4)) return otherType(value);
  if (Array.isArray(value)) {
    if (depth > 0 && random.chance(rate)) return value[0];
    return value.map((item) => mutate(random, item, rate, depth + 1)).filter((item) => item !== undefined);
  }
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const changed = mutate(random, item, rate, depth + 1);
    if (changed !== undefined) copy[key] = changed;
  }
  return copy;
}

/** The same said otherwise: numbers as text and texts as numbers, objects as lists of their values, lists by their positions. */
function otherType(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return Number.isNaN(Number(value)) ? [...value] : Number(value);
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? { ...value } : Object.values(value ?? {});
}

const fields =
  'id total placed paid note customer items shipments discounts matrix empty name email address city zip lines phones kind number sku title qty price pos tags attributes color weight dims parcels kg missing'.split(
    ' ',
  );
const numberFields = ['qty', 'price', 'total', 'pos', 'kg', 'items.qty', 'items.price', 'attributes.weight', 'shipments.parcels.kg'];
const textFields = ['id', 'sku', 'title', 'customer.name', 'note', 'customer.email', 'items.title', 'items.tags', 'color', 'items[0].sku'];
const listPaths = [
  'items',
  'items.tags',
  'discounts',
  'matrix',
  'customer.phones',
  'shipments.parcels',
  'items.attributes.dims',
  'tags',
  '[1..4]',
  'items.qty',
  'shipments',
  'items.sku',
  '$',
];
const objectPaths = ['customer', 'items[0]', '$', 'customer.address', 'items.attributes', 'empty', 'items', 'shipments[0]'];

/** A random expression; variables in scope are known so that they are used. */
export function expression(random: Random, depth = 3, scope: readonly string[] = []): string {
  if (depth <= 0) return leaf(random, scope);
  const sub = (more: readonly string[] = scope): string => expression(random, depth - 1 - random.below(2), more);
  const makers: (() => string)[] = [
    () => leaf(random, scope),
    () => path(random, depth, scope),
    () => path(random, depth, scope),
    () => path(random, depth, scope),
    () => `(${sub()} ${random.pick(['+', '-', '*', '/', '%'])} ${sub()})`,
    () => `(${number(random, scope)} ${random.pick(['+', '-', '*', '/', '%'])} ${number(random, scope)})`,
    () => `(${sub()} ${random.pick(['=', '!=', '<', '>', '<=', '>=', 'in', 'and', 'or'])} ${sub()})`,
    () => `(${sub()} & ${sub()})`,
    () => `(${sub()} ? ${sub()} : ${sub()})`,
    () => `(${sub()} ? ${sub()})`,
    () => `(${sub()} ${random.pick(['?:', '??'])} ${sub()})`,
    () => `[${Array.from({ length: random.below(4) }, () => sub()).join(', ')}]`,
    () => object(random, depth, scope),
    () => `[${random.below(3)}..${random.below(6)}]${step(random, depth - 1, scope)}`,
    () => call(random, depth, scope),
    () => call(random, depth, scope),
    () => higher(random, depth, scope),
    () => block(random, depth, scope),
    () => `(${sub()})${random.pick(['[0]', '[-1]', '[]', '[$]', '[1]', '', '.$', '.*', '[$ = 1]'])}`,
    () => `(${sub()})${step(random, depth - 1, scope)}`,
    () => `-${number(random, scope)}`,
    () => sorted(random, depth, scope),
    () => bindings(random, depth, scope),
    () => parents(random),
    () => transform(random),
    () => apply(random, depth, scope),
    () => regex(random),
  ];
  return random.pick(makers)();
}

function leaf(random: Random, scope: readonly string[]): string {
  return random.pick<() => string>([
    () => random.pick(fields),
    () => random.pick(fields),
    () => random.pick(numberFields),
    () => random.pick(textFields),
    () => String(random.below(5) - 1),
    () => random.pick(['"a"', '"SKU-101"', '"new"', '""', 'true', 'false', 'null', '1.5', '[]', '{}', '"Ünal👩‍🚀"']),
    () => random.pick(['$', '$$', '$$.items', '$.id', '*', '**', '$nothing', '()', 'items.*', '**.sku']),
    () => (scope.length > 0 ? `$${random.pick(scope)}` : random.pick(listPaths)),
  ])();
}

function number(random: Random, scope: readonly string[]): string {
  return random.chance(0.5)
    ? random.pick(numberFields)
    : random.pick(['1', '2.5', '-3', '$count(items)', '$sum(items.qty)', leaf(random, scope)]);
}

function step(random: Random, depth: number, scope: readonly string[]): string {
  const sub = (): string => expression(random, Math.max(0, depth - 1), scope);
  return random.pick<() => string>([
    () => `.${random.pick(fields)}`,
    () => `.${random.pick(fields)}`,
    () => `.${random.pick(fields)}`,
    () => '[0]',
    () => '[-1]',
    () => `[${random.below(3)}]`,
    () => '[[0..1]]',
    () => '[[0,2]]',
    () => '[]',
    () => `[${sub()}]`,
    () => `[${random.pick(fields)} = ${sub()}]`,
    () => `[${random.pick(numberFields)} > ${random.below(20)}]`,
    () => `.(${sub()})`,
    () => `.[${sub()}, ${sub()}]`,
    () => `.[${sub()}]`,
    () => `.${object(random, depth - 1, scope)}`,
    () => `{${random.pick(['sku', 'title', '$string(qty)', 'kind', '"k"'])}: ${sub()}}`,
    () => '.*',
    () => '.**',
    () => '.$',
    () => '.$string($)',
    () => `^(${random.pick(['', '>', '<'])}${random.pick(['price', 'qty', 'sku', '$', 'pos', 'title'])})`,
    () => '.`sku`',
  ])();
}

function path(random: Random, depth: number, scope: readonly string[]): string {
  let text = random.pick([
    random.pick(fields),
    random.pick(['items', 'customer', 'shipments', 'matrix', 'discounts', '$', '$$', '*', '**']),
    leaf(random, scope),
  ]);
  if (/^[-\d"]|^(true|false|null|\{\})$/.test(text)) text = 'items';
  let grouped = false;
  for (let i = random.below(4); i >= 0; i--) {
    const next = step(random, depth, scope);
    // After a grouping no predicate may follow.
    if (grouped && /^[[{]/.test(next)) continue;
    if (next.startsWith('{')) grouped = true;
    else if (next.startsWith('.')) grouped = false;
    text += next;
  }
  return text;
}

function object(random: Random, depth: number, scope: readonly string[]): string {
  const key = (): string =>
    random.pick(['"a"', '"b"', '"c"', '"1"', 'sku', 'title', '$string(qty)', '"x" & pos', '"__proto__"', '"constructor"']);
  return `{${Array.from({ length: random.below(4) }, () => `${key()}: ${expression(random, depth - 1, scope)}`).join(', ')}}`;
}

function call(random: Random, depth: number, scope: readonly string[]): string {
  const list = (): string => (random.chance(0.6) ? random.pick(listPaths) : expression(random, depth - 1, scope));
  const text = (): string =>
    random.chance(0.6) ? random.pick(textFields) : random.pick(['"a b"', '"x,y,,z"', '"Ünal👩‍🚀"', expression(random, depth - 1, scope)]);
  const value = (): string => expression(random, depth - 1, scope);
  return random.pick<() => string>([
    () => `$${random.pick(['sum', 'max', 'min', 'average'])}(${random.chance(0.7) ? random.pick(numberFields) : list()})`,
    () =>
      `$${random.pick(['count', 'reverse', 'distinct', 'sort', 'keys', 'spread', 'exists', 'boolean', 'not', 'string', 'type', 'merge'])}(${list()})`,
    () => `$${random.pick(['count', 'distinct', 'keys', 'spread', 'exists', 'boolean', 'not', 'string', 'type'])}(${value()})`,
    () => `$append(${list()}, ${value()})`,
    () => `$zip(${list()}, ${list()})`,
    () => `$lookup(${random.pick(objectPaths)}, "${random.pick(fields)}")`,
    () => `$${random.pick(['uppercase', 'lowercase', 'length', 'trim', 'base64encode', 'encodeUrlComponent'])}(${text()})`,
    () => `$substring(${text()}, ${random.below(6) - 3}${random.chance(0.5) ? `, ${random.below(5) - 1}` : ''})`,
    () =>
      `$${random.pick(['substringBefore', 'substringAfter', 'contains', 'split'])}(${text()}, ${random.pick(['"-"', '" "', '","', '"a"', '""'])})`,
    () => `$join(${random.pick(['items.sku', 'items.tags', 'tags', '["a","b"]', list()])}, ${random.pick(['"-"', '", "', '""'])})`,
    () => `$pad(${text()}, ${random.below(16) - 8}, ${random.pick(['"."', '"ab"', '""'])})`,
    () =>
      `$replace(${text()}, ${random.pick(['"a"', '"-"', '"SKU"'])}, ${random.pick(['"x"', '""', '"$$"'])}${random.chance(0.3) ? ', 1' : ''})`,
    () => `$${random.pick(['abs', 'floor', 'ceil', 'round', 'sqrt'])}(${random.pick(numberFields)})`,
    () => `$round(${random.pick(numberFields)}, ${random.below(4) - 1})`,
    () => `$power(${random.pick(numberFields)}, ${random.below(4)})`,
    () => `$number(${random.pick(['"12"', '"1e3"', '"0x1F"', 'qty', 'paid', 'zip', 'note', 'customer.address.zip'])})`,
    () => `$formatNumber(${random.pick(numberFields)}, ${random.pick(['"#,##0.00"', '"0.0##"', '"00e0"', '"#0%"', '"#,##0"'])})`,
    () => `$formatBase(${random.pick(numberFields)}, ${2 + random.below(15)})`,
    () =>
      `$formatInteger(${random.pick(['total', 'pos', 'qty', 'placed'])}, ${random.pick(['"w"', '"I"', '"A"', '"#,##0"', '"0001"', '"W;o"', '"1;o"'])})`,
    () =>
      `$fromMillis(placed, ${random.pick(['"[Y0001]-[M01]-[D01]"', '"[FNn], [D1o] [MNn] [Y]"', '"[H01]:[m01]:[s01].[f001]"', '"[X0001]-W[W01]-[F1]"', '"[h]:[m01] [P]"', '"[dwo] [xNn] [w]"'])}${random.chance(0.4) ? `, ${random.pick(['"+0100"', '"-0500"', '"+0530"'])}` : ''})`,
    () =>
      `$toMillis(${random.pick(['date', '"2020-02-29"', '"12/31/1999"', 'note'])}${random.chance(0.4) ? ', "[M01]/[D01]/[Y0001]"' : ''})`,
    () => `$eval(${random.pick(['"items.sku"', '"$sum(items.qty)"', '"{\\"a\\": id}"', '"[1,2,3]"', '"1 + "', '"$"'])})`,
    () => `$single(${list()}, function($v){${random.pick(['$v = 1', '$v.pos = 0', '$v.kind = "home"', 'true'])}})`,
    () => `$clone(${random.pick(objectPaths)})`,
    () => `$error(${text()})`,
    () => `$assert(${value()} = 1, "no")`,
  ])();
}

const lambdas = [
  ['function($v){$v}', 1],
  ['function($v, $i){$i}', 2],
  ['function($v, $i, $a){[$i, $count($a)]}', 3],
  ['function($v){$v.sku}', 1],
  ['function($v){$keys($v)}', 1],
  ['function($v){$v.qty > 1}', 1],
  ['function($v){$string($v) & "!"}', 1],
  ['function($v){[$v]}', 1],
  ['function($v){{"v": $v}}', 1],
  ['function($v){()}', 1],
  ['function($v){$v.tags}', 1],
  ['function($v){$v.(sku & title)}', 1],
  ['function($v){$distinct($v.tags)}', 1],
  ['λ($v){$v ? 1 : 0}', 1],
] as const;

function higher(random: Random, depth: number, scope: readonly string[]): string {
  const list = random.chance(0.7) ? random.pick(listPaths) : expression(random, depth - 1, scope);
  const custom = `function($v, $i){${expression(random, depth - 1, [...scope, 'v', 'i'])}}`;
  const one = random.chance(0.4) ? custom : random.pick(lambdas)[0];
  return random.pick<() => string>([
    () => `$map(${list}, ${one})${random.chance(0.2) ? '[]' : ''}`,
    () => `$map(${list}, $${random.pick(['string', 'keys', 'type', 'boolean', 'count', 'exists'])})`,
    () => `$filter(${list}, ${one})${random.chance(0.2) ? '[]' : ''}`,
    () =>
      `$reduce(${list}, function($p, $c){${random.pick(['$p', '$c', '$append($p, $c)', '[$p, $c]', '$string($p) & $string($c)', '$count([$p, $c])'])}}${random.chance(0.4) ? `, ${random.pick(['0', '[]', '""', '{}'])}` : ''})`,
    () => `$reduce(items.qty, function($p, $c){$p + $c}, 0)`,
    () => `$each(${random.pick(objectPaths)}, function($v, $k){${random.pick(['$k', '$v', '{$k: $v}', '$k & $string($v)'])}})`,
    () =>
      `$sift(${random.pick(objectPaths)}, function($v, $k){${random.pick(['$k = "name"', '$v', '$exists($v)', '$type($v) = "string"'])}})`,
    () =>
      `$sort(${list}, function($l, $r){${random.pick(['$l.price > $r.price', '$l > $r', '$l.title < $r.title', '$string($l) > $string($r)', 'true', 'false'])}})`,
    () => `(${list}).(${one})($)`,
    () => `(${one})(${list})`,
  ])();
}

function block(random: Random, depth: number, scope: readonly string[]): string {
  const name = random.pick(['x', 'y', 'z', 'x']);
  const value = expression(random, depth - 1, scope);
  const inside = [...scope, name];
  return random.pick<() => string>([
    () => `($${name} := ${value}; ${expression(random, depth - 1, inside)})`,
    () => `($${name} := ${value}; $${name}${step(random, depth - 1, inside)})`,
    () => `($${name} := ${value}; ($${name} := ${expression(random, depth - 1, inside)}; $${name}); $${name})`,
    () => `($f := function($n){$n <= 0 ? ${leaf(random, scope)} : $f($n - 1)}; $f(${random.below(5)}))`,
    () => `($f := function($n){$n <= 0 ? 1 : $n * $f($n - 1)}; $f(${random.below(6)}))`,
    () => `($f := function($v, $w){${expression(random, depth - 1, [...scope, 'v', 'w'])}}; $f(${value}, ${leaf(random, scope)}))`,
    () => `($f := function($v)<${random.pick(['n:n', 's:s', 'a:a', 'x:x', 'a<n>:n', 'n-:n', 's?:s'])}>{$v}; $f(${value}))`,
    () => `($f := $substring(?, 0, 3); items.sku.$f($))`,
    () => `($add := function($a, $b){$a + $b}; $inc := $add(?, 1); $map(items.qty, $inc))`,
    () => `(${value}; ${expression(random, depth - 1, scope)})`,
  ])();
}

function sorted(random: Random, depth: number, scope: readonly string[]): string {
  const list = random.pick([
    'items',
    'shipments',
    'customer.phones',
    'items.tags',
    'items.attributes',
    '$',
    path(random, depth - 1, scope),
  ]);
  const terms = Array.from(
    { length: 1 + random.below(2) },
    () => random.pick(['', '<', '>']) + random.pick(['price', 'qty', 'title', 'sku', '$', 'kind', 'missing', 'qty * price', '$string($)']),
  );
  return `${list}^(${terms.join(', ')})${random.chance(0.6) ? step(random, depth - 1, scope) : ''}`;
}

function bindings(random: Random, depth: number, scope: readonly string[]): string {
  const more = [...scope, 'i', 'l', 's'];
  return random.pick<() => string>([
    () =>
      `items#$i${random.chance(0.4) ? `[${random.pick(['$i = 0', '$i > 0', '0', 'qty > 1', '-1'])}]` : ''}.{"n": $i, "v": ${expression(random, depth - 1, more)}}`,
    () => `items@$l.shipments@$s[$s.sku = $l.sku].{"l": $l.sku, "s": $s.id}`,
    () => `items@$l.$$.shipments@$s[$s.sku = $l.sku].{"l": $l.sku, "s": $s.id, "x": ${expression(random, depth - 1, more)}}`,
    () => `items#$i.tags#$s.[$i, $s, $]`,
    () => `items^(price)#$i.[$i, sku]`,
    () => `items@$l#$i{sku: [$i, $l.qty]}`,
    () => `$$.items@$l.{"q": $l.${random.pick(fields)}}`,
    () => `items[qty > 1]#$i.($i & sku)`,
    () => `items.tags#$i[${random.pick(['0', '$i=1', '-1'])}]`,
  ])();
}

function parents(random: Random): string {
  return random.pick([
    'items.tags.(% .sku)',
    'items.attributes.{"s": %.sku, "c": color}',
    'items.attributes.dims.{"d": $, "c": %.color, "s": %.%.sku}',
    'shipments.parcels.[kg, %.id]',
    'shipments.parcels[%.id = 0]',
    'customer.phones.(%.name & kind)',
    'items.attributes^(%.price).color',
    '(items.attributes).%.sku',
    'customer.address.lines.(%.%.name)',
    'shipments.parcels.{"p": %.%.id, "k": kg}',
    'items.attributes[%.qty > 1].color',
    'customer.phones{%.name: kind}',
    'items.(tags.(%.sku))',
  ]);
}

function transform(random: Random): string {
  const target = random.pick(['$', 'customer', 'items', '$$']);
  const pattern = random.pick(['items', 'customer', '$', 'items.attributes', 'items[0]', '**[sku]', 'missing', 'customer.phones']);
  const update = random.pick(['{"new": 1}', '{"total": qty * price}', '{"name": $.name & "!"}', '{}', '{"weight": 0.1 + 0.2}', 'missing']);
  const removal = random.pick(['', ', "sku"', ', ["sku", "tags"]', ', missing', ', "name"']);
  return `${target} ~> |${pattern}|${update}${removal}|`;
}

function apply(random: Random, depth: number, scope: readonly string[]): string {
  const left = expression(random, depth - 1, scope);
  return random.pick<() => string>([
    () => `(${left}) ~> $${random.pick(['count', 'string', 'keys', 'type', 'exists', 'boolean', 'spread', 'distinct'])}()`,
    () => `(${left}) ~> $${random.pick(['count', 'string', 'keys', 'type', 'exists', 'boolean'])}`,
    () => `${random.pick(textFields)} ~> $uppercase ~> $substring(0, 4)`,
    () => `(items.qty ~> $map(function($v){$v + 1})) ~> $sum()`,
    () => `($up := $trim ~> $uppercase; $up(${random.pick(textFields)}))`,
    () => `(${left}) ~> function($v){$v}`,
    () => `${random.pick(listPaths)} ~> $map($string) ~> $join("|")`,
  ])();
}

function regex(random: Random): string {
  const pattern = random.pick(['/[a-z]+/', '/a/i', '/(\\d)(\\d)?/', '/-/', '/S(K)U/', '/x*/', '/^.*$/', '/\\s+/', '/[A-Z]/']);
  const text = random.pick([...textFields, '"abc 123 ABC"', '"a1b22c333"']);
  return random.pick<() => string>([
    () => `$match(${text}, ${pattern}${random.chance(0.3) ? ', 1' : ''})`,
    () => `$contains(${text}, ${pattern})`,
    () =>
      `$replace(${text}, ${pattern}, ${random.pick(['"_"', '"<$0>"', '"$1-$2"', '"$$"', 'function($m){$uppercase($m.match)}'])}${random.chance(0.3) ? ', 1' : ''})`,
    () => `$split(${text}, ${pattern}${random.chance(0.3) ? ', 2' : ''})`,
    () => `${pattern}(${text}).match`,
  ])();
}
