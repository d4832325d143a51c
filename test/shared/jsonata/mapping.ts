import type { Random } from './random.ts';

/** What stands at a place of an order, as paths from there. */
interface Shape {
  numbers: readonly string[];
  texts: readonly string[];
  flags: readonly string[];
  objects: readonly string[];
  /** Paths to lists of objects, with the shape of their items. */
  lists: readonly (readonly [path: string, shape: keyof typeof shapes])[];
  /** Paths to lists of texts or numbers. */
  plain: readonly string[];
}

const shapes = {
  order: {
    numbers: ['total', 'placed', 'items[0].price', 'items.qty[0]', 'customer.address.zip'],
    texts: ['id', 'date', 'note', 'customer.name', 'customer.email', 'customer.address.city', 'customer.address.zip', 'items[0].sku'],
    flags: ['paid', 'note', 'items'],
    objects: ['customer', 'customer.address', 'items[0]', '$', 'items[-1].attributes'],
    lists: [
      ['items', 'line'],
      ['items', 'line'],
      ['items', 'line'],
      ['shipments', 'shipment'],
      ['shipments.parcels', 'parcel'],
      ['customer.phones', 'phone'],
      ['items.attributes', 'attributes'],
    ],
    plain: ['items.sku', 'items.tags', 'items.price', 'discounts', 'customer.address.lines', 'items.attributes.dims', 'shipments.sku'],
  },
  line: {
    numbers: ['qty', 'price', 'pos', 'attributes.weight', 'qty', 'price', 'attributes.dims[2]'],
    texts: ['sku', 'title', 'attributes.color', 'tags[0]', 'sku'],
    flags: ['tags', 'attributes.color', 'pos'],
    objects: ['attributes', '$'],
    lists: [['attributes', 'attributes']],
    plain: ['tags', 'attributes.dims'],
  },
  shipment: {
    numbers: ['id', 'parcels[0].kg'],
    texts: ['sku'],
    flags: ['parcels'],
    objects: ['$'],
    lists: [['parcels', 'parcel']],
    plain: ['parcels.kg'],
  },
  parcel: { numbers: ['kg'], texts: ['$string(kg)'], flags: ['kg'], objects: ['$'], lists: [], plain: ['kg'] },
  phone: { numbers: ['$length(number)'], texts: ['kind', 'number'], flags: ['number'], objects: ['$'], lists: [], plain: ['number'] },
  attributes: { numbers: ['weight', 'dims[0]'], texts: ['color'], flags: ['color'], objects: ['$'], lists: [], plain: ['dims'] },
} as const;

/** Where an expression stands: the shape of its context, how to name it, and the variables in scope. */
interface Place {
  shape: Shape;
  /** Empty where the context is the value itself, `$l.` inside a lambda. */
  prefix: string;
  numbers: readonly string[];
  /** Functions of a number. */
  ofNumber: readonly string[];
  /** Functions of a line. */
  ofLine: readonly string[];
}

const commonTexts = ['"SKU-101"', '"new"', '"Berlin"', '"home"', '""', '"none"', '"a-b"'];
const pictures = ['"[Y0001]-[M01]-[D01]"', '"[D01].[M01].[Y0001]"', '"[FNn], [D1o] [MNn]"', '"[H01]:[m01]"'];
const patterns = ['/[^0-9]+/', '/^[^@]+@[^@]+$/', '/-/', '/[a-z]+/i', '/(\\w)-(\\d)/', '/\\s+/'];

const at = (place: Place, shape: keyof typeof shapes, prefix = ''): Place => ({ ...place, shape: shapes[shape], prefix });

/** Joins the prefix of a place with a path; what is no path from there stays as it is. */
function named(place: Place, path: string): string {
  if (place.prefix === '') return path;
  if (path === '$') return place.prefix.slice(0, -1);
  return path.startsWith('$') ? path.replace('(', `(${place.prefix}`) : `${place.prefix}${path}`;
}

function number(random: Random, place: Place, depth: number): string {
  const field = (): string => named(place, random.pick(place.shape.numbers));
  if (depth <= 0) return random.chance(0.7) ? field() : random.pick(['0', '1', '2.5', '10', '100', ...place.numbers.map((n) => `$${n}`)]);
  const sub = (): string => number(random, place, depth - 1);
  const makers: (() => string)[] = [
    field,
    field,
    () => `${sub()} ${random.pick(['+', '-', '*', '/', '%'])} ${sub()}`,
    () => `(${sub()} ${random.pick(['+', '-', '*'])} ${sub()})`,
    () => `$sum(${random.pick(['items.(qty * price)', '$$.items.(qty * price)', 'items.qty', numbersOf(random, place, depth - 1)])})`,
    () => `$${random.pick(['sum', 'max', 'min', 'average', 'count'])}(${numbersOf(random, place, depth - 1)})`,
    () => `$count(${list(random, place, depth - 1).text})`,
    () => `$${random.pick(['round', 'floor', 'ceil', 'abs'])}(${sub()})`,
    () => `$round(${sub()}, ${random.below(3)})`,
    () => `$number(${random.pick([named(place, random.pick(place.shape.texts)), '"12.5"', `$string(${sub()})`])})`,
    () => `$length(${text(random, place, depth - 1)})`,
    () => `$toMillis(${random.pick(['$$.date', 'date', '"2024-02-29"', text(random, place, 0)])})`,
    () => `(${flag(random, place, depth - 1)} ? ${sub()} : ${sub()})`,
    () => `(${field()} ${random.pick(['?:', '??'])} ${sub()})`,
    () => random.pick(['$$.total', '$count($$.items)', '$$.items[0].price']),
    () => {
      const { text: source, shape } = list(random, place, depth - 1);
      return `$reduce(${source}, function($sum, $l){$sum + ${number(random, at(place, shape, '$l.'), depth - 2)}}, 0)`;
    },
  ];
  for (const name of place.numbers) makers.push(() => `$${name}`);
  for (const name of place.ofNumber) makers.push(() => `$${name}(${sub()})`);
  return random.pick(makers)();
}

/** A list of numbers. */
function numbersOf(random: Random, place: Place, depth: number): string {
  const { text: source, shape } = list(random, place, depth - 1);
  return random.pick([
    `${source}.${random.pick(shapes[shape].numbers)}`,
    `${source}.(${number(random, at(place, shape), depth - 1)})`,
    `$map(${source}, function($l){${number(random, at(place, shape, '$l.'), depth - 1)}})`,
    named(place, random.pick(place.shape.plain)),
  ]);
}

function text(random: Random, place: Place, depth: number): string {
  const field = (): string => named(place, random.pick(place.shape.texts));
  if (depth <= 0) return random.chance(0.8) ? field() : random.pick(commonTexts);
  const sub = (): string => text(random, place, depth - 1);
  const makers: (() => string)[] = [
    field,
    field,
    field,
    () => random.pick(commonTexts),
    () => `${sub()} & ${random.pick(['" "', '" / "', '", "'])} & ${sub()}`,
    () => `(${sub()} & ${number(random, place, depth - 1)})`,
    () => `$${random.pick(['uppercase', 'lowercase', 'trim'])}(${sub()})`,
    () => `$substring(${sub()}, ${random.below(4) - 1}${random.chance(0.7) ? `, ${random.below(5)}` : ''})`,
    () => `$substring${random.pick(['Before', 'After'])}(${sub()}, ${random.pick(['"@"', '"-"', '" "'])})`,
    () => `$join(${texts(random, place, depth - 1)}, ${random.pick(['","', '", "', '"; "'])})`,
    () => `$replace(${sub()}, ${random.pick(['"-"', '" "', ...patterns])}, ${random.pick(['""', '"_"', '"$1"'])})`,
    () => `$string(${random.pick([number(random, place, depth - 1), value(random, place, depth - 2)])})`,
    () => `$pad(${sub()}, ${random.below(12) - 6}, "0")`,
    () => `$fromMillis(${random.pick(['$$.placed', 'placed', number(random, place, 0)])}, ${random.pick(pictures)})`,
    () => `$fromMillis($$.placed)`,
    () => `$formatNumber(${number(random, place, depth - 1)}, ${random.pick(['"#,##0.00"', '"0"', '"#0.0"'])})`,
    () => `(${flag(random, place, depth - 1)} ? ${sub()} : ${sub()})`,
    () => `(${field()} ${random.pick(['?:', '??'])} ${sub()})`,
    () => `$split(${sub()}, ${random.pick(['"-"', '" "', '/[- ]/'])})[${random.pick(['0', '-1', '1'])}]`,
    () => `$match(${sub()}, ${random.pick(patterns)})[0].match`,
    () => `(${sub()} ~> $${random.pick(['uppercase', 'trim', 'lowercase'])} ~> $substring(0, ${random.below(5)}))`,
    () => `$lookup(${named(place, random.pick(place.shape.objects))}, ${random.pick(['"name"', '"sku"', '"color"', '"city"'])})`,
    () => `$type(${value(random, place, depth - 2)})`,
    () => random.pick(['$$.id', '$$.customer.name', '$$.items[0].sku']),
  ];
  for (const name of place.ofLine) {
    makers.push(() => `$${name}(${place.shape === shapes.line ? named(place, '$') : random.pick(['items[0]', '$$.items[-1]'])})`);
  }
  return random.pick(makers)();
}

/** A list of texts, as a rule. */
function texts(random: Random, place: Place, depth: number): string {
  const { text: source, shape } = list(random, place, depth - 1);
  return random.pick([
    named(place, random.pick(place.shape.plain)),
    `${source}.${random.pick(shapes[shape].texts)}`,
    `$distinct(${source}.${random.pick(shapes[shape].texts)})`,
    `$map(${source}, function($l){${text(random, at(place, shape, '$l.'), depth - 1)}})`,
    `${source}.(${text(random, at(place, shape), depth - 1)})`,
    `$split(${text(random, place, depth - 1)}, ${random.pick(['"-"', '" "', '""'])})`,
    `$keys(${named(place, random.pick(place.shape.objects))})`,
    `[${text(random, place, depth - 1)}, ${text(random, place, depth - 1)}]`,
  ]);
}

function flag(random: Random, place: Place, depth: number): string {
  const field = (): string => named(place, random.pick(place.shape.flags));
  if (depth <= 0) return random.chance(0.5) ? field() : `${number(random, place, 0)} > ${random.below(40)}`;
  const sub = (): string => flag(random, place, depth - 1);
  return random.pick<() => string>([
    field,
    () => `${number(random, place, depth - 1)} ${random.pick(['>', '<', '>=', '<=', '=', '!='])} ${number(random, place, depth - 1)}`,
    () => `${number(random, place, 0)} ${random.pick(['>', '<', '>='])} ${random.below(40)}`,
    () => `${text(random, place, depth - 1)} ${random.pick(['=', '!=', '<'])} ${text(random, place, 0)}`,
    () => `${text(random, place, 0)} in ["SKU-101", "new", "red", "home"]`,
    () => `${random.pick(commonTexts)} in ${named(place, random.pick(place.shape.plain))}`,
    () => `(${sub()} and ${sub()})`,
    () => `(${sub()} or ${sub()})`,
    () => `$not(${sub()})`,
    () => `$exists(${named(place, random.pick([...place.shape.texts, ...place.shape.plain, 'missing']))})`,
    () => `$boolean(${value(random, place, depth - 2)})`,
    () => `$contains(${text(random, place, depth - 1)}, ${random.pick(['"a"', '"-"', ...patterns])})`,
    () => `$count(${list(random, place, depth - 1).text}) > ${random.below(3)}`,
  ])();
}

/** A list of objects and the shape of its items. */
function list(random: Random, place: Place, depth: number): { text: string; shape: keyof typeof shapes } {
  const own = place.shape.lists.map(([path, shape]) => [named(place, path), shape] as const);
  const [source, shape] = random.pick([
    ...own,
    ['$$.items', 'line'],
    ...(own.length === 0 ? [['$$.shipments', 'shipment'] as const] : []),
  ] as const);
  if (depth <= 0) return { text: source, shape };
  const inside = at(place, shape);
  const order = (): string =>
    Array.from(
      { length: 1 + random.below(2) },
      () => random.pick(['', '<', '>']) + random.pick([...inside.shape.numbers, ...inside.shape.texts]),
    ).join(', ');
  const made = random.pick<() => string>([
    () => source,
    () => source,
    () => source,
    () => `${source}[${flag(random, inside, depth - 1)}]`,
    () => `${source}[${flag(random, inside, depth - 1)}]`,
    () => `${source}[${flag(random, inside, depth - 1)} and ${flag(random, inside, depth - 1)}]`,
    () => `${source}[${random.pick(['0', '-1', '1', '[0..1]'])}]`,
    () => `$filter(${source}, function($l){${flag(random, at(place, shape, '$l.'), depth - 1)}})`,
    () => `$filter(${source}, function($l, $i){$i ${random.pick(['=', '>', '<'])} ${random.below(3)}})`,
    () => `${source}^(${order()})`,
    () => `$sort(${source}, function($l, $r){$l.${random.pick(shapes[shape].numbers)} > $r.${random.pick(shapes[shape].numbers)}})`,
    () => `$reverse(${source})`,
    () => `$distinct(${source})`,
    () => `$append(${source}, ${source}[0])`,
  ])();
  return { text: made, shape };
}

const keys = [
  'id',
  'name',
  'sku',
  'total',
  'state',
  'city',
  'lines',
  'sum',
  'no',
  'label',
  'tags',
  'first',
  'ok',
  'kind',
  'at',
  'x y',
  'n1',
  '7',
];

function object(random: Random, place: Place, depth: number, fields: number): string {
  const seen = new Set<string>();
  const members: string[] = [];
  for (let i = 0; i < fields; i++) {
    const key = random.chance(0.02) ? random.pick(['__proto__', 'constructor', 'toString']) : random.pick(keys);
    if (seen.has(key) && !random.chance(0.05)) continue;
    seen.add(key);
    members.push(`"${key}": ${random.chance(0.2) ? named(place, random.pick(place.shape.texts)) : value(random, place, depth - 1)}`);
  }
  return `{${members.join(', ')}}`;
}

/** One object for each item of a list, in one of the ways to write it. */
function lines(random: Random, place: Place, depth: number): string {
  const { text: source, shape } = list(random, place, depth - 1);
  const inside = at(place, shape);
  const counted = { ...inside, numbers: [...place.numbers, 'i'] };
  const fields = 1 + random.below(5);
  const each = (): string => object(random, inside, depth - 1, fields);
  const made = random.pick<() => string>([
    () => `[${source}.${each()}]`,
    () => `[${source}.${each()}]`,
    () => `${source}.${each()}`,
    () => `${source}.${each()}[]`,
    () => `[${source}#$i.${object(random, counted, depth - 1, fields)}]`,
    () => `${source}#$i.${object(random, counted, depth - 1, fields)}`,
    () => `[${source}#$i[${flag(random, counted, 0)}].${object(random, counted, depth - 1, fields)}]`,
    () => `[$map(${source}, function($l){${object(random, at(place, shape, '$l.'), depth - 1, fields)}})]`,
    () =>
      `$map(${source}, function($l, $i){${object(random, { ...at(place, shape, '$l.'), numbers: counted.numbers }, depth - 1, fields)}})`,
    () => `[${source}@$l.${object(random, at(place, shape, '$l.'), depth - 1, fields)}]`,
    () => `${source}.(${value(random, inside, depth - 1)})`,
    () => `[${source}.${random.pick([...shapes[shape].texts, ...shapes[shape].numbers])}]`,
  ])();
  return made;
}

/** What only the whole order has: joins, parents, groups, transforms. */
function special(random: Random, place: Place, depth: number): string {
  const line = at(place, 'line');
  const joined: Place = { ...at(place, 'line', '$l.'), numbers: [...place.numbers, 's.id'] };
  return random.pick<() => string>([
    () => `[$$.items@$l.$$.shipments@$s[$s.sku = $l.sku].${object(random, joined, depth - 1, 3)}]`,
    () => `$$.items@$l.$$.shipments@$s[$s.sku = $l.sku and ${flag(random, joined, 0)}].{"sku": $l.sku, "id": $s.id}`,
    () => `[$$.items.attributes.{"sku": %.sku, "color": color, "v": ${value(random, at(place, 'attributes'), depth - 2)}}]`,
    () => `$$.shipments.parcels.{"id": %.id, "kg": kg, "order": %.%.id}`,
    () => `$$.customer.phones.(kind & ": " & number & " " & %.name)`,
    () => `$$.items{sku: ${number(random, line, depth - 1)}}`,
    () => `$$.items{sku: $sum(qty), "all": $count($)}`,
    () => `$$.items{${text(random, line, 0)}: ${value(random, line, depth - 1)}}`,
    () => `$$.items{sku: {"n": $count($), "sum": $sum($.(qty * price))}}`,
    () => `$$ ~> |items|{"sum": qty * price, "v": ${value(random, line, depth - 2)}}, "tags"|`,
    () => `$$.items^(>price, sku).${random.pick(['sku', 'title', 'price'])}`,
    () => `[$$.items^(${random.pick(['', '<', '>'])}${number(random, line, 0)})#$i.{"rank": $i, "sku": sku}]`,
    () => `$merge([${named(place, random.pick(place.shape.objects))}, ${object(random, place, 1, 2)}])`,
    () => `$merge($$.items.{sku: ${value(random, line, depth - 1)}})`,
    () => `$each(${named(place, random.pick(place.shape.objects))}, function($v, $k){$k & "=" & $string($v)})`,
    () => `$each(${named(place, random.pick(place.shape.objects))}, function($v, $k){{"key": $k, "value": $v}})`,
    () => `$spread(${named(place, random.pick(place.shape.objects))})`,
    () => `$sift(${named(place, random.pick(place.shape.objects))}, function($v){$type($v) = "string"})`,
    () => `$keys(${named(place, random.pick(place.shape.objects))})`,
    () => `$zip($$.items.sku, $$.items.qty)`,
    () => `$$.items[qty = $max($$.items.qty)].sku`,
    () => `$$.items.tags[$ = "new"]`,
    () => `($x := $$.items[${flag(random, line, 1)}]; {"n": $count($x), "first": $x[0].sku, "all": $x.title})`,
    () => `($l := $$.items[0]; ${value(random, at(place, 'line', '$l.'), depth - 1)})`,
  ])();
}

/** A value of any kind. */
function value(random: Random, place: Place, depth: number): string {
  if (depth <= 0)
    return named(place, random.pick([...place.shape.texts, ...place.shape.numbers, ...place.shape.flags, ...place.shape.plain]));
  return random.pick<() => string>([
    () => named(place, random.pick([...place.shape.texts, ...place.shape.numbers])),
    () => named(place, random.pick([...place.shape.plain, ...place.shape.objects])),
    () => number(random, place, depth),
    () => number(random, place, depth),
    () => text(random, place, depth),
    () => text(random, place, depth),
    () => flag(random, place, depth),
    () => texts(random, place, depth),
    () => numbersOf(random, place, depth),
    () => list(random, place, depth).text,
    () => lines(random, place, depth),
    () => lines(random, place, depth),
    () => object(random, place, depth - 1, 1 + random.below(4)),
    () => special(random, place, depth),
    () => `(${flag(random, place, depth - 1)} ? ${value(random, place, depth - 1)} : ${value(random, place, depth - 1)})`,
    () => `(${flag(random, place, depth - 1)} ? ${value(random, place, depth - 1)})`,
    () => random.pick(['null', 'true', '[]', '{}', 'missing', '$$.note', '[1, 2]']),
  ])();
}

/** A mapping of an order as people write them: an object of three to twelve fields, or lines, with variables and helpers. */
export function mapping(random: Random): string {
  const place: Place = { shape: shapes.order, prefix: '', numbers: [], ofNumber: [], ofLine: [] };
  const whole = (from: Place): string =>
    random.pick<() => string>([
      () => object(random, from, 3, 3 + random.below(10)),
      () => object(random, from, 3, 3 + random.below(10)),
      () => object(random, from, 2, 3 + random.below(10)),
      () => lines(random, from, 3),
      () => special(random, from, 3),
    ])();
  if (random.chance(0.6)) return whole(place);
  const line = at(place, 'line', '$l.');
  const steps: string[] = [];
  let inside = place;
  if (random.chance(0.7)) {
    steps.push(`$gross := ${random.pick(['$sum(items.(qty * price))', number(random, place, 2)])}`);
    inside = { ...inside, numbers: [...inside.numbers, 'gross'] };
  }
  if (random.chance(0.6)) {
    const body = number(random, { ...inside, shape: { ...shapes.order, numbers: ['$n', '$n', 'total'] } }, 1);
    steps.push(`$rate := function($n){${random.pick(['$round($n * 0.19, 2)', '$n > 100 ? $n * 0.1 : 0', body])}}`);
    inside = { ...inside, ofNumber: [...inside.ofNumber, 'rate'] };
  }
  if (random.chance(0.6)) {
    steps.push(`$label := function($l){${random.pick(['$l.sku & ": " & $l.title', text(random, line, 2)])}}`);
    inside = { ...inside, ofLine: [...inside.ofLine, 'label'] };
  }
  return `(${[...steps, whole(inside)].join('; ')})`;
}
