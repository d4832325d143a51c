import * as wire from './wire.ts';

/**
 * Messages as data: a type knows how to read and write itself in any version.
 * `wire.flexible` on reader and writer says which of the protocol's two encodings is meant.
 */

/** One field's type. */
export interface Type<T> {
  read(reader: wire.Reader, version: number): T;
  write(writer: wire.Writer, value: T, version: number): void;
}

/** The value a type reads and writes. */
export type Value<S> = S extends Type<infer T> ? T : never;

function scalar<T>(read: (reader: wire.Reader) => T, write: (writer: wire.Writer, value: T) => void): Type<T> {
  return { read: (reader) => read(reader), write: (writer, value) => write(writer, value) };
}

/** One signed byte. */
export const int8: Type<number> = scalar(wire.readInt8, wire.writeInt8);
/** 16 bits, signed. */
export const int16: Type<number> = scalar(wire.readInt16, wire.writeInt16);
/** 32 bits, signed. */
export const int32: Type<number> = scalar(wire.readInt32, wire.writeInt32);
/** 64 bits, signed, exact below 2^53. */
export const int64: Type<number> = scalar(wire.readInt64, wire.writeInt64);
/** One byte, 0 or 1. */
export const bool: Type<boolean> = scalar(
  (reader) => wire.readInt8(reader) !== 0,
  (writer, value) => wire.writeInt8(writer, value ? 1 : 0),
);
/** A string that may be null. */
export const nullableString: Type<string | null> = scalar(wire.readString, wire.writeString);
/** A string; null is refused. */
export const string: Type<string> = scalar((reader) => {
  const value = wire.readString(reader);
  if (value === null) throw new wire.MalformedRequest(`A string that must not be null is null before byte ${reader.position}.`);
  return value;
}, wire.writeString);
/** 16 bytes, spelt with hyphens. */
export const uuid: Type<string> = scalar(wire.readUuid, wire.writeUuid);
/** Bytes that may be null. */
export const nullableBytes: Type<Buffer | null> = scalar(wire.readBytes, wire.writeBytes);
/** Bytes; null reads as empty. */
export const bytes: Type<Buffer> = scalar((reader) => wire.readBytes(reader) ?? Buffer.alloc(0), wire.writeBytes);
/** Record batches: several stretches of a log written behind each other. */
export const records: Type<Buffer[] | null> = scalar((reader) => {
  const value = wire.readBytes(reader);
  return value === null ? null : [value];
}, wire.writeBytes);

/** A list that may be null. */
export function nullableArray<T>(element: Type<T>): Type<T[] | null> {
  return {
    read(reader, version) {
      const length = wire.readArrayLength(reader);
      if (length < 0) return null;
      const list: T[] = [];
      for (let i = 0; i < length; i++) list.push(element.read(reader, version));
      return list;
    },
    write(writer, value, version) {
      wire.writeArrayLength(writer, value === null ? -1 : value.length);
      for (const item of value ?? []) element.write(writer, item, version);
    },
  };
}

/** A list; null reads as empty. */
export function array<T>(element: Type<T>): Type<T[]> {
  const inner = nullableArray(element);
  return { read: (reader, version) => inner.read(reader, version) ?? [], write: inner.write };
}

/** Present from `from` to `to` inclusive; elsewhere it reads as `absent` and is not written. */
export function between<T>(from: number, to: number, type: Type<T>, absent: T): Type<T> {
  return {
    read: (reader, version) => (version >= from && version <= to ? type.read(reader, version) : absent),
    write(writer, value, version) {
      if (version >= from && version <= to) type.write(writer, value, version);
    },
  };
}

/** Present from version `from` on. */
export function since<T>(from: number, type: Type<T>, absent: T): Type<T> {
  return between(from, 32_767, type, absent);
}

/** Present up to version `to`. */
export function until<T>(to: number, type: Type<T>, absent: T): Type<T> {
  return between(0, to, type, absent);
}

type Fields = Record<string, Type<never>>;
type Struct<F> = { [K in keyof F]: Value<F[K]> };

/** Fields in the order given; in flexible versions an empty list of tagged fields closes it. */
export function struct<F extends { [K in keyof F]: Type<unknown> | Type<never> }>(fields: F): Type<Struct<F>> {
  const entries = Object.entries(fields as unknown as Fields) as unknown as [string, Type<unknown>][];
  return {
    read(reader, version) {
      const value: Record<string, unknown> = {};
      for (const [name, type] of entries) value[name] = type.read(reader, version);
      if (reader.flexible) wire.skipTags(reader);
      return value as Struct<F>;
    },
    write(writer, value, version) {
      const source = value as Record<string, unknown>;
      for (const [name, type] of entries) type.write(writer, source[name], version);
      if (writer.flexible) wire.writeUnsignedVarint(writer, 0);
    },
  };
}
