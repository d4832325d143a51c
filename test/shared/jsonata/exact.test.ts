import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from '#shared/json.ts';
import { compile, type ExpressionError } from '#shared/jsonata/compile.ts';

const order = '{"id":12345678901234567890,"other":12345678901234567890,"near":12345678901234567891,"price":0.12345678901234567890,"qty":2}';
const input = parseJson(order);

const textOf = (text: string): string | undefined => stringifyJson(compile(text).evaluate(input));
const codeOf = (text: string): string => {
  try {
    compile(text).evaluate(input);
    return 'none';
  } catch (error) {
    return (error as ExpressionError).code;
  }
};

describe('a number with more digits than a double keeps', () => {
  it('keeps them when it is copied', () => {
    expect(textOf('{"copy": id, "list": [id, qty]}')).toBe('{"copy":12345678901234567890,"list":[12345678901234567890,2]}');
    expect(textOf('$')).toBe(order);
    expect(textOf('($ ~> |$|{"new": id}|).new')).toBe('12345678901234567890');
    expect(textOf('$merge([$, {"qty": 3}]).id')).toBe('12345678901234567890');
  });

  it('keeps them as text', () => {
    expect(textOf('"#" & id')).toBe('"#12345678901234567890"');
    expect(textOf('$string(id)')).toBe('"12345678901234567890"');
    expect(textOf('$string({"id": id})')).toBe('"{\\"id\\":12345678901234567890}"');
  });

  it('is equal only to the same decimal number', () => {
    expect(textOf('[id = other, id = near, id != near, id in [near, other], id = 12345678901234567000]')).toBe(
      '[true,false,true,true,false]',
    );
    expect(textOf('$count($distinct([id, other, near]))')).toBe('2');
    expect(textOf('$lookup({"a": id}, "a") = other')).toBe('true');
  });

  it('counts as a number and as true', () => {
    expect(textOf('[$type(id), $boolean(id), $exists(id), $number(id) = id]')).toBe('["number",true,true,true]');
    expect(textOf('[id.text, $keys(id), $count(id), id.*]')).toBe('[1]');
  });

  it('is refused by arithmetic and ordering, with a sentence that says what to do', () => {
    for (const text of [
      'id + 1',
      '1 * price',
      '-id',
      'id > 1',
      'id < near',
      '$sum([id, 1])',
      '$max([id])',
      '$round(price, 2)',
      '$abs(id)',
      '[1..id]',
    ]) {
      expect([text, codeOf(text)]).toEqual([text, 'M1001']);
    }
    for (const text of ['$^(id)', '[$, $]^(id)', '$formatNumber(id, "0")', '$sort([id, near])']) {
      expect([text, codeOf(text)]).toEqual([text, text === '$^(id)' ? 'none' : 'M1001']);
    }
    try {
      compile('qty + id').evaluate(input);
    } catch (error) {
      const { sentence, position, token } = error as ExpressionError;
      expect(sentence).toBe(
        'The number 12345678901234567890 has more digits than arithmetic keeps; copy it, compare it with =, or turn it into text with $string().',
      );
      expect([position, token]).toEqual([5, '+']);
    }
  });

  it('is rounded where the options ask for it', () => {
    expect(compile('price * 2', { numbers: 'float' }).evaluate(input)).toBeCloseTo(0.2469135780246914, 15);
    expect(compile('id > near', { numbers: 'float' }).evaluate(input)).toBe(false);
  });
});
