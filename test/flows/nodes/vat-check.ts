import { defineNode, MessageError, z } from 'millrace/sdk';

const patterns: Record<string, RegExp> = { DE: /^DE\d{9}$/, AT: /^ATU\d{8}$/, FR: /^FR[0-9A-Z]{2}\d{9}$/ };

/** An example of a custom node type: one file, one call. Copy it, change it, name its folder in MILLRACE_NODES. */
export default defineNode({
  type: 'vat-check',
  version: 1,
  kind: 'transform',
  title: 'VAT check',
  summary: 'Lets messages on whose VAT number has the form of its country.',
  category: 'Finance',
  icon: 'receipt',
  ports: [
    { id: 'out', label: 'Checked' },
    { id: 'foreign', label: 'Other countries' },
  ],
  config: z.object({
    field: z.string().min(1).default('vat').meta({ label: 'Field', help: 'The field that holds the VAT number.', group: 'Basics' }),
    countries: z
      .array(z.enum(['DE', 'AT', 'FR']))
      .min(1)
      .default(['DE', 'AT', 'FR'])
      .meta({ label: 'Countries', help: 'Numbers of other countries leave by the second port.', group: 'Basics' }),
  }),
  create: ({ field, countries }) => ({
    process(message, emit) {
      const number = (message.value as Record<string, unknown> | null)?.[field];
      if (typeof number !== 'string') throw new MessageError('vat/missing', `There is no VAT number in “${field}”.`);
      const country = countries.find((code) => number.startsWith(code));
      if (country === undefined) return emit(message, 'foreign');
      if (!patterns[country]?.test(number)) throw new MessageError('vat/invalid', `“${number}” is not a VAT number of ${country}.`);
      emit({ ...message, value: { ...(message.value as object), vatCountry: country } });
    },
  }),
});
