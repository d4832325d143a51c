import { writeCsv } from '../mapping/csv.ts';
import type { Standing } from './standing.ts';
import type { FieldGoes } from './where.ts';

/** What a field goes through and where it ends as CSV: a row for each use and each place at an end. */
export function fieldGoesCsv(goes: FieldGoes): string {
  const head = ['What', 'Flow', 'Version', 'Node', 'Type', 'Field', 'Goes to', 'How', 'Sure', 'Why it only may', 'Rule or target'];
  const uses = goes.uses.map((one) => [
    'use',
    one.flowName,
    String(one.version),
    one.nodeName,
    one.type,
    one.from,
    one.to,
    one.how,
    one.certainty,
    one.why ?? '',
    one.text,
  ]);
  const ends = goes.ends.flatMap((end) =>
    end.places.map((place) => [
      end.outside ? 'outside' : 'topic',
      end.flowName,
      String(end.version),
      end.nodeName,
      end.type,
      goes.start.field,
      place.place,
      place.kind,
      place.certainty,
      place.why ?? '',
      end.target,
    ]),
  );
  return writeCsv([head, ...ends, ...uses].map((row) => row.map(safe)));
}

/** Where the data of a message stands, as CSV. */
export function standingCsv(standing: Pick<Standing, 'places'>): string {
  const head = ['Kind', 'Flow', 'Where', 'Type', 'Position', 'Key', 'Since', 'Sure', 'What it is'];
  const rows = standing.places.map((place) => [
    place.kind,
    place.flowName,
    place.where,
    place.type ?? '',
    place.position ?? '',
    place.key ?? '',
    place.at === undefined ? '' : new Date(place.at).toISOString(),
    place.certainty,
    place.sentence,
  ]);
  return writeCsv([head, ...rows].map((row) => row.map(safe)));
}

/** A spreadsheet would run a cell that begins like this. */
const safe = (cell: string): string => (/^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
