import type { Look } from './shape.ts';

const countries = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH ' +
    'CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN ' +
    'GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI ' +
    'LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM ' +
    'PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD ' +
    'TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
  ).split(' '),
);
const currencies = new Set(
  (
    'AED ARS AUD BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD JPY KES KRW KWD LKR MAD MXN MYR NGN ' +
    'NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR'
  ).split(' '),
);

const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const tests: readonly [Look, (text: string) => boolean][] = [
  ['date-time', (text) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|GMT)?(?:[+-]\d\d:?\d\d)?)?$/.test(text)],
  ['date', (text) => date.test(text) || /^(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.\d{4}$/.test(text)],
  ['time', (text) => /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/.test(text)],
  ['email', (text) => /^[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@.]{2,}$/.test(text)],
  ['uuid', (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)],
  ['url', (text) => /^https?:\/\/\S+$/i.test(text)],
  ['iban', (text) => /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)],
  ['number', (text) => /^-?\d+(?:\.\d+)?$/.test(text)],
  ['phone', (text) => /^(?:\+|\(\d|0\d)[\d\s()/.-]{6,19}$/.test(text) && /\d{3}/.test(text)],
  ['country', (text) => countries.has(text)],
  ['currency', (text) => currencies.has(text)],
];

/** What a text looks like. Several may fit: `DE` is a country, and nothing else is claimed for it. */
export function looksOf(text: string): Look[] {
  if (text.length > 300) return [];
  return [...new Set(tests.filter(([, fits]) => fits(text)).map(([look]) => look))];
}

const formats: Readonly<Record<string, Look>> = {
  date: 'date',
  'date-time': 'date-time',
  time: 'time',
  email: 'email',
  'idn-email': 'email',
  uuid: 'uuid',
  uri: 'url',
  url: 'url',
  iri: 'url',
};

/** The look that a `format` of JSON Schema declares, if any. */
export function lookOfFormat(format: string): Look | undefined {
  return Object.hasOwn(formats, format) ? formats[format] : undefined;
}
