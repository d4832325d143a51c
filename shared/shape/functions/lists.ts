import { type FunctionHelp, helpFor } from './help.ts';

const of = helpFor('list');
const object = helpFor('object');

/** Functions that work on lists and on objects. */
export const listFunctions: readonly FunctionHelp[] = [
  of('count', 'list → number', 'Counts the items of a list; nothing counts as 0, a single value as 1.', '$count(["a", "b"])', '2'),
  of(
    'map',
    'list, function(item, position, list) → list',
    'Makes something of each item.',
    '$map([1, 2, 3], function($n) { $n * 10 })',
    '[10,20,30]',
  ),
  of(
    'filter',
    'list, function(item, position, list) → list',
    'Keeps the items for which the function says true.',
    '$filter([5, 20, 30], function($n) { $n > 10 })',
    '[20,30]',
  ),
  of(
    'single',
    'list, function? → item',
    'Gives the one item that fits; none or several are an error.',
    '$single([1, 7, 2], function($n) { $n > 5 })',
    '7',
  ),
  of(
    'reduce',
    'list, function(so far, item), start? → value',
    'Folds a list into one value, item by item.',
    '$reduce([1, 2, 3], function($sum, $n) { $sum + $n }, 10)',
    '16',
  ),
  of(
    'sort',
    'list, function(left, right)? → list',
    'Sorts texts or numbers; a function says when left comes after right.',
    '$sort([3, 1, 2])',
    '[1,2,3]',
  ),
  of('distinct', 'list → list', 'Leaves out items that came before.', '$distinct(["a", "b", "a"])', '["a","b"]'),
  of('append', 'list, list → list', 'Puts the second list behind the first.', '$append([1, 2], [3])', '[1,2,3]'),
  of('reverse', 'list → list', 'Turns the order of a list round.', '$reverse([1, 2, 3])', '[3,2,1]'),
  of(
    'zip',
    'list, list, … → list of lists',
    'Joins lists item by item; the shortest ends it.',
    '$zip(["a", "b"], [1, 2])',
    '[["a",1],["b",2]]',
  ),
  of('shuffle', 'list → list', 'Puts the items in a random order.', '$count($shuffle([1, 2, 3]))', '3'),
  object(
    'lookup',
    'object, name → value',
    'Takes a field by a name that is only known at run time; good for value tables.',
    '$lookup({"1": "new", "2": "paid"}, "2")',
    '"paid"',
  ),
  object(
    'merge',
    'list of objects → object',
    'Joins objects into one; later fields win.',
    '$merge([{"a": 1, "b": 1}, {"b": 2}])',
    '{"a":1,"b":2}',
  ),
  object('keys', 'object → list of texts', 'Lists the field names of an object.', '$keys({"a": 1, "b": 2})', '["a","b"]'),
  object(
    'each',
    'object, function(value, name) → list',
    'Makes something of each field of an object.',
    '$each({"a": 1, "b": 2}, function($v, $k) { $k & "=" & $v })',
    '["a=1","b=2"]',
  ),
  object(
    'sift',
    'object, function(value, name) → object',
    'Keeps the fields for which the function says true.',
    '$sift({"a": 1, "b": 5}, function($v) { $v > 2 })',
    '{"b":5}',
  ),
  object(
    'spread',
    'object → list of objects',
    'Makes a list of objects with one field each.',
    '$spread({"a": 1, "b": 2})',
    '[{"a":1},{"b":2}]',
  ),
  object('clone', 'any value → value', 'Makes a copy of a value.', '$clone({"a": 1})', '{"a":1}'),
];
