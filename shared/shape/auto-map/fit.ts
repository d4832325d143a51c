import { conversionBetween } from '../conversions.ts';
import type { Look, Shape } from '../shape.ts';
import type { Leaf } from './leaves.ts';

/** What kinds and values say about a pair. */
export interface Fit {
  /** Multiplies the score of the names; 0 where the pair is out of the question. */
  factor: number;
  /** Id of the conversion that the value needs. */
  conversion?: string;
  /** Something common to the values, for the reason: "both look like dates". */
  common?: string;
  /** Something to be looked at, which keeps a proposal from being sure. */
  doubt?: string;
}

const impossible: Fit = { factor: 0 };
const telling: readonly Look[] = ['email', 'url', 'uuid', 'iban', 'date', 'date-time', 'time'];
const words: Readonly<Partial<Record<Look, string>>> = {
  email: 'email addresses',
  url: 'links',
  date: 'dates',
  'date-time': 'dates',
  uuid: 'UUIDs',
  iban: 'IBANs',
  number: 'numbers',
  phone: 'phone numbers',
  country: 'country codes',
  currency: 'currency codes',
};
const dateConcept = /date$|^(?:createdat|updatedat|paidat)$/;

/** Compares kinds, looks, lengths and allowed values of two plain places. */
export function fitOf(target: Leaf, source: Leaf): Fit {
  const conversion = conversionBetween(source.shape, target.shape);
  if (conversion === 'impossible') return impossible;
  const [wanted, given] = [target.shape.facts ?? {}, source.shape.facts ?? {}];
  const fit: Fit = { factor: 1, ...(conversion === undefined ? {} : { conversion: conversion.id }) };
  const booleans = [target, source].filter(({ shape }) => shape.kinds.includes('boolean')).length;
  if (booleans === 1 && target.shape.kinds.length > 0 && source.shape.kinds.some((kind) => kind !== 'null')) fit.factor *= 0.6;
  const looks = looksFactor(target, source);
  fit.factor *= looks;
  const common = wanted.looks?.map(family).find((look) => given.looks?.map(family).includes(look));
  if (common !== undefined && words[common] !== undefined) fit.common = words[common];
  if (wanted.maxLength !== undefined && given.longest !== undefined && given.longest > wanted.maxLength) {
    fit.factor *= wanted.maxLength <= 3 ? 0.6 : 0.9;
    fit.doubt = `values are up to ${given.longest} characters long and only ${wanted.maxLength} are allowed`;
  }
  if (wanted.allowed !== undefined && !allowedSeen(target.shape, source.shape)) {
    fit.factor *= 0.85;
    fit.doubt = 'the values differ and need a value table';
  }
  if (wanted.default !== undefined) {
    fit.factor *= wanted.key ? 0.4 : 0.85;
    fit.doubt = 'the receiver fills it in when it is missing';
  }
  return fit;
}

/** Dates with and without time look alike here. */
function family(look: Look): Look {
  return look === 'date-time' ? 'date' : look;
}

function looksFactor(target: Leaf, source: Leaf): number {
  const wanted = (target.shape.facts?.looks ?? []).filter((look) => telling.includes(look)).map(family);
  const given = (source.shape.facts?.looks ?? []).filter((look) => telling.includes(look)).map(family);
  const known = source.shape.examples !== undefined && source.shape.kinds.includes('text');
  if (wanted.length > 0) {
    if (given.length > 0) return wanted.some((look) => given.includes(look)) ? 1.03 : 0;
    if (known) return wanted.includes('uuid') ? 0.6 : 0;
    if (source.shape.kinds.includes('number') && !source.own.some((concept) => dateConcept.test(concept))) return 0.3;
    return 1;
  }
  const aboutDates = target.own.some((concept) => dateConcept.test(concept));
  if (aboutDates && known && given.length === 0 && target.own.length === 1) return 0.5;
  if (given.includes('date') && !aboutDates && target.shape.kinds.length > 0) return 0.6;
  if (given.includes('email') && !target.own.some((concept) => ['email', 'username', 'id'].includes(concept))) return 0.6;
  // A code of a country or currency is not its name.
  const [codes, codesGiven] = [target.shape.facts?.looks ?? [], source.shape.facts?.looks ?? []];
  if (codes.includes('country') && known && !codesGiven.includes('country')) return 0.85;
  return 1;
}

function allowedSeen(target: Shape, source: Shape): boolean {
  const allowed = (target.facts?.allowed ?? []).map(String);
  const seen = source.facts?.allowed?.map(String) ?? source.facts?.values?.map(String) ?? source.examples;
  return seen === undefined || seen.some((value) => allowed.includes(value));
}
