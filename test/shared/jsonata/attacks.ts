/** An expression that is out to use up time or memory, under the bounds that hold unless told otherwise. */
export interface Attack {
  /** What it does, as the end of a sentence: an expression that … */
  name: string;
  text: string;
  input?: () => unknown;
  /** The code it must end with, or the value where the work can be done within the bounds. */
  outcome: string;
  /** Without its bound it ends the whole process, so it is tried in a process of its own as well. */
  fatal?: true;
}

const tree = '$reduce([1..26], function($a, $b){{"a": $a, "b": $a}}, 1)';
const lists = '$reduce([1..26], function($a, $b){[$a, $a]}, 1)';
const thousand = Array.from({ length: 1000 }, (_, i) => i);
const megabyte = (): unknown => 'x'.repeat(1_000_000);
const pairs = (): unknown => '\u{1F600}'.repeat(500_000);
const groups = (): unknown => `${'#,'.repeat(100_000)}##0`;
const longPicture = (): unknown => `${'#,'.repeat(490)}##0.00`;
/** A text that is found nowhere, which V8's search sees late at every place. */
const nearly = '$pad("", 100000, "x") & "z" & $pad("", 100000, "x")';
const wide = (): unknown => ({ rows: Array.from({ length: 20_000 }, (_, i) => ({ a: i, b: { c: i } })) });

/** Attacks by kind. The ones on single built-ins with small limits stand in bounds.test.ts. */
export const attacks: Record<string, Attack[]> = {
  'loops and calls without end': [
    { name: 'calls itself as its last act', text: '($f := function(){$f()}; $f())', outcome: 'M1002' },
    { name: 'calls itself and waits', text: '($f := function($n){1 + $f($n + 1)}; $f(0))', outcome: 'D1011', fatal: true },
    {
      name: 'calls itself by way of $map',
      text: '($f := function($n){$map([$n], function($v){$f($v + 1)})}; $f(0))',
      outcome: 'D1011',
      fatal: true,
    },
    {
      name: 'calls itself by way of $reduce',
      text: '($f := function($n){$reduce([1, 2], function($a, $b){$f($n)})}; $f(0))',
      outcome: 'D1011',
      fatal: true,
    },
    {
      name: 'calls itself by way of $sort',
      text: '($f := function($n){$sort([1, 2], function($a, $b){$f($n)})}; $f(0))',
      outcome: 'D1011',
      fatal: true,
    },
    {
      name: 'calls itself by way of $replace',
      text: '($f := function($n){$replace("a", /a/, function($m){$f($n)})}; $f(0))',
      outcome: 'D1011',
      fatal: true,
    },
    { name: 'calls itself by way of a path', text: '($f := function($n){[$n].($f($ + 1))}; $f(0))', outcome: 'D1011', fatal: true },
    {
      name: 'calls itself without a name',
      text: '(function($x){$x($x) + 1})(function($x){$x($x) + 1})',
      outcome: 'D1011',
      fatal: true,
    },
  ],
  'lists that multiply': [
    { name: 'maps ten million', text: '$count([1..1e7].($ * 2))', outcome: 'M1002', fatal: true },
    { name: 'makes a list for each item of a list', text: '$count([1..10000].([1..10000]))', outcome: 'M1002', fatal: true },
    {
      name: 'maps a range inside a map',
      text: '$count($map([1..10000], function($a){$map([1..10000], function($b){$a * $b})}))',
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'reduces a range inside a reduction',
      text: '$reduce([1..100000], function($s, $a){$s + $reduce([1..100000], function($t, $b){$t + $b}, 0)}, 0)',
      outcome: 'M1002',
    },
    { name: 'joins each with each', text: '$count([1..10000]@$a.[1..10000]@$b[$a = $b])', outcome: 'M1002', fatal: true },
    {
      name: 'joins each with each and more',
      text: '$count($$@$a.$$@$b.$$@$c.($a + $b + $c))',
      input: () => thousand,
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'zips a list with itself again and again',
      text: '$count([1..10000].$zip($$, $$, $$))',
      input: () => thousand,
      outcome: 'M1002',
      fatal: true,
    },
    { name: 'makes millions of functions', text: '$count([1..9000000].function($x){$x})', outcome: 'M1002', fatal: true },
    {
      name: 'makes millions of functions by leaving arguments open',
      text: '$count([1..9000000].$substring(?, 1))',
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'has the items of a list checked again and again',
      text: '($f := function($l)<a<n>:n>{1}; $sum([1..1000000].$f($$)))',
      input: () => Array.from({ length: 100_000 }, (_, i) => i),
      outcome: 'M1002',
    },
    { name: 'looks each up in a long list', text: '[1..1000000][$ in [1..1000000]]', outcome: 'M1002' },
    {
      name: 'appends to a list again and again',
      text: '$count($reduce([1..100000], function($a, $b){$append($a, $b)}, []))',
      outcome: 'M1002',
    },
    {
      name: 'turns a list round again and again',
      text: '$reduce([1..100000], function($a, $b){$reverse($a)}, [1..100000])[0]',
      outcome: 'M1002',
    },
    { name: 'doubles a list', text: '$reduce([1..40], function($a, $b){$append($a, $a)}, [1])', outcome: 'D2015', fatal: true },
    { name: 'asks for all descendants of a wide message, four times over', text: '$count(**.**.**.**)', input: wide, outcome: '880001' },
    { name: 'asks for all descendants at each descendant', text: '$count(**[$count(**) > $count($$.**)])', input: wide, outcome: 'M1002' },
  ],
  'trees that share their branches': [
    { name: 'writes one out', text: `$string(${tree})`, outcome: 'M1003', fatal: true },
    { name: 'returns one', text: tree, outcome: 'M1004', fatal: true },
    { name: 'takes all descendants of one', text: `$count(${tree}.**)`, outcome: 'D2015', fatal: true },
    { name: 'flattens one', text: `$count(${lists}.*)`, outcome: 'M1002', fatal: true },
    { name: 'compares two', text: `($x := ${lists}; $y := ${lists}; $x = $y)`, outcome: 'M1002', fatal: true },
    { name: 'copies one', text: `$clone(${tree})`, outcome: 'M1002', fatal: true },
    { name: 'transforms one', text: `${tree} ~> |a|{"c": 1}|`, outcome: 'M1002', fatal: true },
    { name: 'copies one of lists', text: `$clone(${lists})`, outcome: 'M1002', fatal: true },
    {
      name: 'returns one of lists that have to be copied',
      text: '$reduce([1..26], function($a, $b){$map([1, 2], function(){$a})}, 1)',
      outcome: 'M1004',
      fatal: true,
    },
    { name: 'looks for the distinct ones', text: `($x := ${lists}; $count($distinct([$x, [$x]])))`, outcome: 'M1002', fatal: true },
  ],
  texts: [
    { name: 'doubles one', text: '$length($reduce([1..28], function($a, $b){$a & $a}, "x"))', outcome: 'M1003', fatal: true },
    { name: 'pads one to 300 million', text: '$pad("x", 3e8)', outcome: 'M1003', fatal: true },
    { name: 'pads one on the left without end', text: '$pad("x", -1e300, "abc")', outcome: 'M1003', fatal: true },
    { name: 'joins with a page between', text: '$join([1..100000].("x"), $pad("y", 1000000, "y"))', outcome: 'M1003', fatal: true },
    { name: 'joins pages', text: '$join([1..1000].$pad("x", 100000))', outcome: 'M1002', fatal: true },
    {
      name: 'replaces characters by pages',
      text: '$replace($pad("a", 100000, "a"), "a", $pad("y", 1000000, "y"))',
      outcome: 'M1003',
      fatal: true,
    },
    {
      name: 'replaces matches by pages',
      text: '$replace($pad("a", 100000, "a"), /a/, $pad("y", 1000000, "y"))',
      outcome: 'M1003',
      fatal: true,
    },
    {
      name: 'replaces matches by what a function makes of them',
      text: '$replace($pad("a", 100000, "a"), /a/, function($m){$pad("y", 1000000, "y")})',
      outcome: 'M1003',
      fatal: true,
    },
    {
      name: 'replaces a match by many copies of it',
      text: '$replace($pad("a", 1000, "a"), /.*/, $pad("$0", 200000, "$0"))',
      outcome: 'M1003',
      fatal: true,
    },
    {
      name: 'splits sixteen million characters',
      text: '$split($, "")',
      input: () => 'x'.repeat(16_000_000),
      outcome: 'D2015',
      fatal: true,
    },
    {
      name: 'splits sixteen million commas',
      text: '$count($split($, ","))',
      input: () => ','.repeat(16_000_000),
      outcome: 'D2015',
      fatal: true,
    },
    {
      name: 'splits one text a thousand times',
      text: '[1..1000].$count($split($$, ","))',
      input: () => ','.repeat(1_000_000),
      outcome: 'M1002',
    },
    {
      name: 'makes one large letters again and again',
      text: '[1..100000].$uppercase($$)',
      input: () => 'x'.repeat(100_000),
      outcome: 'M1002',
    },
    { name: 'searches one again and again', text: '[1..1000000].$contains($$, "y")', input: () => 'x'.repeat(1_000_000), outcome: 'M1002' },
    { name: 'encodes one again and again', text: '[1..1000000].$base64encode($$)', input: () => '1'.repeat(1_000_000), outcome: 'M1002' },
    { name: 'asks for a year of a billion digits', text: '$fromMillis(0, "[Y,*-1000000000]")', outcome: 'M1003', fatal: true },
    { name: 'formats by a picture of many groups', text: '$formatNumber(1, $)', input: groups, outcome: 'M1011' },
    { name: 'formats a whole number by a picture of many groups', text: '$formatInteger(1, $)', input: groups, outcome: 'M1011' },
    { name: 'reads a whole number by a picture of many groups', text: '$parseInteger("1", $)', input: groups, outcome: 'M1011' },
    { name: 'reads a time by a picture of many parts', text: '$toMillis("1", $)', input: () => '[Y]'.repeat(40_000), outcome: 'M1011' },
    { name: 'writes a time by a picture of many parts', text: '$fromMillis(1, $)', input: () => '[Y]'.repeat(40_000), outcome: 'M1011' },
    { name: 'formats by long pictures again and again', text: '[1..1000000].$formatNumber($, $$)', input: longPicture, outcome: 'M1002' },
    {
      name: 'reads times by ever new pictures',
      text: '[1..1000000].$toMillis("1", $$ & $)',
      input: () => '[Y]'.repeat(300),
      outcome: 'M1002',
    },
    { name: 'writes millions of times', text: '$count([1..9000000].$fromMillis($))', outcome: 'M1002', fatal: true },
    { name: 'writes millions of numbers in words', text: '$count([1..9000000].$formatInteger($, "w"))', outcome: 'M1002', fatal: true },
    { name: 'looks before a mark again and again', text: '[1..1000000].$substringBefore($$, "y")', input: megabyte, outcome: 'M1002' },
    { name: 'looks behind a mark again and again', text: '[1..1000000].$substringAfter($$, "y")', input: megabyte, outcome: 'M1002' },
    {
      name: 'looks before marks in texts that were joined but not yet written out',
      text: '$count([1..1000000].$substringBefore($$ & $, "y"))',
      input: megabyte,
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'searches for a text that nearly fits everywhere',
      text: `$length($substringBefore($$, ${nearly}))`,
      input: megabyte,
      outcome: '1000000',
    },
    {
      name: 'replaces a text that nearly fits everywhere',
      text: `$length($replace($$, ${nearly}, "y"))`,
      input: megabyte,
      outcome: '1000000',
    },
    { name: 'splits by a text that nearly fits everywhere', text: `$count($split($$, ${nearly}))`, input: megabyte, outcome: '1' },
    {
      name: 'trims a text of many lines again and again',
      text: '[1..1000000].$trim($$)',
      input: () => ' x\n'.repeat(100_000),
      outcome: 'M1002',
    },
    { name: 'counts pairs of surrogates again and again', text: '[1..1000000].$length($$)', input: pairs, outcome: 'M1002' },
    { name: 'cuts among pairs of surrogates again and again', text: '[1..1000000].$substring($$, 5, 10)', input: pairs, outcome: 'M1002' },
    { name: 'compares long texts again and again', text: '[1..1000000][($$ & $) = ($$ & $)]', input: megabyte, outcome: 'M1002' },
    { name: 'orders long texts again and again', text: '[1..1000000][($$ & $) < "z"]', input: megabyte, outcome: 'M1002' },
    {
      name: 'replaces by a text of many signs for nothing',
      text: '$replace($$, /x()/, $pad("", 1000000, "$1"))',
      input: megabyte,
      outcome: 'M1002',
    },
    { name: 'says in an error what a tree holds', text: `($t := ${tree}; $eval("-$t"))`, outcome: 'D3121', fatal: true },
  ],
  'regular expressions that try every way': [
    { name: 'repeats a repeat', text: '$count($match($, /^(a+)+$/))', input: () => `${'a'.repeat(40)}!`, outcome: '0' },
    {
      name: 'repeats two repeats that compete',
      text: '$length($replace($, /(x+x+)+y/, "z"))',
      input: () => 'x'.repeat(100_000),
      outcome: '100000',
    },
    { name: 'repeats what may be empty', text: '$count($split($, /(\\s*,?\\s*)*;/))', input: () => ' '.repeat(50_000), outcome: '1' },
    { name: 'repeats a counted repeat', text: '$contains($, /(a{0,100}){0,100}b/)', input: () => 'a'.repeat(30_000), outcome: 'M1005' },
    { name: 'refers back', text: '$match($, /(a*)\\1*b/)', input: () => 'a'.repeat(30_000), outcome: 'M1005' },
    { name: 'looks ahead', text: '$match($, /(?=a*)*b/)', input: () => 'a'.repeat(30_000), outcome: 'M1005' },
    {
      name: 'tries many ways at every place',
      text: '$contains($$, $eval("/(?:" & $join([1..1500].("[xy]{3}" & $ & "z"), "|") & ")/"))',
      input: megabyte,
      outcome: 'M1002',
    },
    { name: 'is very long', text: '$eval("/" & $$ & "/")', input: megabyte, outcome: 'M1002' },
    { name: 'hides in $eval', text: '$eval("$count($match($, /^(a|aa)+$/))")', input: () => `${'a'.repeat(60)}!`, outcome: '0' },
  ],
  'text that is evaluated': [
    { name: 'evaluates ever new texts', text: '[1..1000000].$eval("1+" & $)', outcome: 'M1002' },
    { name: 'evaluates itself twice', text: '($b := "$eval($b) & $eval($b)"; $eval($b))', outcome: 'D1011', fatal: true },
    {
      name: 'doubles what it evaluates',
      text: '$reduce([1..30], function($a, $b){"(" & $a & ") + (" & $a & ")"}, "1") ~> $eval()',
      outcome: 'M1003',
      fatal: true,
    },
    { name: 'evaluates a sum of 200,000', text: '$eval($join([1..200000].("1"), "+"))', outcome: 'D1011', fatal: true },
    {
      name: 'evaluates 20,000 parentheses',
      text: '$eval($pad("", 20000, "(") & "1" & $pad("", 20000, ")"))',
      outcome: 'D1011',
      fatal: true,
    },
    { name: 'evaluates 100,000 brackets', text: '$eval($pad("", 100000, "["))', outcome: 'D1011', fatal: true },
    { name: 'evaluates 50,000 signs', text: '$eval($pad("", 50000, "-") & "1")', outcome: 'D1011', fatal: true },
  ],
  'sorting, grouping, distinct values': [
    { name: 'sorts by a comparison that is always true', text: '$count($sort([1..200000], function($a, $b){true}))', outcome: '200000' },
    {
      name: 'sorts by a comparison that never settles',
      text: '$count($sort([1..200000], function($a, $b){$random() > 0.5}))',
      outcome: '200000',
    },
    { name: 'sorts again and again', text: '[1..100].$count([1..300000]^(>$))', outcome: 'M1002' },
    { name: 'groups by a million keys', text: '$count($keys([1..1000000]{"k" & $: $}))', outcome: '1000000' },
    { name: 'groups a million by one key', text: '($g := [1..1000000]{"a": $count($)}; $g.a)', outcome: '1000000' },
    { name: 'finds 30,000 distinct objects', text: '$count($distinct([1..30000].{"a": $, "b": {"c": $}}))', outcome: '30000' },
    { name: 'takes the keys of a large object for each number', text: '[1..10000].$keys($$)', input: keyed, outcome: 'M1002' },
    { name: 'finds distinct texts that all have one hash', text: '$count($distinct([1000..2999].($$ & $)))', input: page, outcome: '2000' },
    { name: 'compares long distinct texts again and again', text: '$count($distinct([1..1000000].$$))', input: page, outcome: 'M1002' },
    {
      name: 'keeps long texts apart that were joined but not yet written out',
      text: '$count($distinct([100000..999999].($$ & $)))',
      input: () => 'x'.repeat(16_000),
      outcome: 'M1002',
      fatal: true,
    },
  ],
  'names of fields': [
    { name: 'groups by keys that all have one hash', text: '[1000..2999]{$$ & $: 1}', input: page, outcome: 'M1002' },
    { name: 'makes objects with names that all have one hash', text: '$count([1000..2999].{$$ & $: 1})', input: page, outcome: 'M1002' },
    { name: 'looks up names that all have one hash', text: '[1000..2999].$lookup({"a": 1}, $$ & $)', input: page, outcome: 'M1002' },
    {
      name: 'makes objects whose only field is a whole number',
      text: '$count([1..50000].{$string(1000): 1})',
      outcome: '50000',
      fatal: true,
    },
    {
      name: 'makes objects with all kinds of whole numbers as fields',
      text: '$count($spread([1..1000].$merge([1..1000].{$string($): $})))',
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'makes millions of objects, each with a name of its own',
      text: '$count([1..9000000].{"k" & $: 1})',
      outcome: 'M1002',
      fatal: true,
    },
    {
      name: 'copies objects with a field that is a whole number',
      text: '$count([1..50000].$clone($$))',
      input: () => ({ 1000: 1 }),
      outcome: '50000',
    },
    {
      name: 'adds a field to an ever larger object',
      text: '$count($keys($reduce([1..20000], function($a, $b){$merge([$a, {"k" & $b: 1}])}, {})))',
      outcome: 'M1002',
    },
    { name: 'keeps many copies of a large object', text: '$count([1..10000].$merge($$))', input: keyed, outcome: 'M1002', fatal: true },
    {
      name: 'sifts a large object again and again',
      text: '$count([1..10000].$sift($$, function($v){true}))',
      input: keyed,
      outcome: 'M1002',
    },
    { name: 'spreads a large object again and again', text: '$count([1..10000].$count($spread($$)))', input: keyed, outcome: 'M1002' },
    {
      name: 'takes each field of a large object',
      text: '$count([1..10000].$count($each($$, function($v){1})))',
      input: keyed,
      outcome: 'M1002',
    },
    { name: 'takes all values of a large object', text: '$count([1..10000].$count($$.*))', input: keyed, outcome: 'M1002' },
    { name: 'asks whether a large object is empty', text: '[1..1000000][$$ ? false : true]', input: keyed, outcome: 'M1002' },
    {
      name: 'compares large objects',
      text: '($a := $merge([$$]); $b := $merge([$$, {"k0": 2}]); [1..1000000][$a = $b])',
      input: keyed,
      outcome: 'M1002',
    },
    { name: 'returns long names of fields', text: '[1..10000].{$$: 1}', input: () => 'x'.repeat(16_000), outcome: 'M1004' },
  ],
};

/** Longer than V8 looks when it hashes a text. */
function page(): unknown {
  return 'x'.repeat(17_000);
}

function keyed(): unknown {
  return Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]));
}
