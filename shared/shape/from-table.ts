import type { Facts, Field, Kind, Shape } from './shape.ts';

/** A column of an SQL table, as the database's catalogue names it. */
export interface Column {
  name: string;
  /** The type as written in SQL: `varchar(40)`, `numeric(10,2)`, `timestamp with time zone`. */
  type: string;
  nullable: boolean;
  /** The text of the default, if the column has one. */
  default?: string | null;
  /** Part of the primary key. */
  key?: boolean;
  comment?: string | null;
}

/** The shape of a row. A column is required when it takes no null and the database does not fill it in. */
export function shapeOfTable(columns: readonly Column[], comment?: string): Shape {
  const fields = columns.map((column): Field => {
    const filled = (column.default !== undefined && column.default !== null) || /serial|identity|auto_?increment/i.test(column.type);
    return { name: column.name, required: !column.nullable && !filled, shape: shapeOfColumn(column, filled) };
  });
  return { kinds: ['object'], fields, ...(comment ? { doc: comment } : {}) };
}

function shapeOfColumn(column: Column, filled: boolean): Shape {
  const { kinds, facts, list } = typeOf(column.type);
  if (filled) facts.default = column.default ?? 'a number of its own';
  if (column.key) facts.key = true;
  const plain: Shape = {
    // Of a type that says nothing it is not even known that it takes null alone.
    kinds: column.nullable && !list && kinds.length > 0 ? [...kinds, 'null'] : kinds,
    ...(Object.keys(facts).length > 0 ? { facts } : {}),
  };
  const shape: Shape = list ? { kinds: column.nullable ? ['list', 'null'] : ['list'], item: plain } : plain;
  return column.comment ? { ...shape, doc: column.comment } : shape;
}

/** What a type of PostgreSQL, SQLite, MySQL or SQL Server holds, seen as JSON. */
function typeOf(type: string): { kinds: Kind[]; facts: Facts; list: boolean } {
  const name = type.toLowerCase().trim();
  const list = name.endsWith('[]') || name === 'array';
  const facts: Facts = {};
  const length = /\((\d+)/.exec(name)?.[1];
  if (/json/.test(name)) return { kinds: [], facts, list };
  if (/bool|^bit$|^bit\(1\)|tinyint\(1\)/.test(name)) return { kinds: ['boolean'], facts, list };
  if (/timestamp|datetime/.test(name)) return { kinds: ['text'], facts: { looks: ['date-time'] }, list };
  if (/^date/.test(name)) return { kinds: ['text'], facts: { looks: ['date'] }, list };
  if (/^time/.test(name)) return { kinds: ['text'], facts: { looks: ['time'] }, list };
  if (/uuid|uniqueidentifier/.test(name)) return { kinds: ['text'], facts: { looks: ['uuid'] }, list };
  if (/int(?!erval)|serial/.test(name)) return { kinds: ['number'], facts: { whole: true }, list };
  if (/^num|^dec|real|double|float|money/.test(name)) return { kinds: ['number'], facts, list };
  if (/char|text|clob|string|citext|enum/.test(name)) {
    if (length !== undefined && /char/.test(name)) facts.maxLength = Number(length);
    const values = /^enum\((.*)\)$/i.exec(type.trim())?.[1];
    if (values !== undefined)
      facts.allowed = [...values.matchAll(/'((?:''|[^'])*)'/g)].map(([, value = '']) => value.replaceAll("''", "'"));
    return { kinds: ['text'], facts, list };
  }
  return { kinds: [], facts, list };
}
