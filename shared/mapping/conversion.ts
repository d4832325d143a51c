/** What a plain value is. */
export type ValueType = 'text' | 'number' | 'boolean';

/** A conversion chip: what it is called and the code that it makes of a value's code. */
export interface Conversion {
  from: ValueType;
  to: ValueType;
  label: string;
  code(value: string): string;
}

const conversions: readonly Conversion[] = [
  { from: 'text', to: 'number', label: 'text to number', code: (value) => `$number(${value})` },
  { from: 'text', to: 'boolean', label: 'text to yes/no', code: (value) => `${value} = "true"` },
  { from: 'number', to: 'text', label: 'number to text', code: (value) => `$string(${value})` },
  { from: 'number', to: 'boolean', label: 'number to yes/no', code: (value) => `${value} != 0` },
  { from: 'boolean', to: 'text', label: 'yes/no to text', code: (value) => `$string(${value})` },
  { from: 'boolean', to: 'number', label: 'yes/no to number', code: (value) => `${value} ? 1 : 0` },
];

/** The conversion that a value needs on its way from one type to another; nothing where it needs none or a type is unknown. */
export function conversionFor(from: ValueType | undefined, to: ValueType | undefined): Conversion | undefined {
  return conversions.find((one) => one.from === from && one.to === to);
}
