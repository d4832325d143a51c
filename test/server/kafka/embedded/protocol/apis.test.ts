import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { API, type ApiName } from '#server/kafka/embedded/protocol/apis.ts';
import type { Type } from '#server/kafka/embedded/protocol/schema.ts';
import * as wire from '#server/kafka/embedded/protocol/wire.ts';
import { hasJava, kafkaClasspath } from '../../../../kafka/classpath.ts';

/** Our layouts of requests and responses against the definitions that lie in Apache Kafka's client jar. */

interface Field {
  name: string;
  type: string;
  versions: string;
  nullableVersions?: string;
  taggedVersions?: string;
  fields?: Field[];
}

interface Definition {
  validVersions: string;
  flexibleVersions: string;
  fields: Field[];
  commonStructs?: Field[];
}

const present = hasJava();
if (!present && process.env.CI === 'true') throw new Error('Java 17 is not installed.');
if (!present) console.warn("Skipped: the check against Kafka's own protocol definitions, for want of Java 17.");

/** Reads one file out of a zip archive. */
function unzip(archive: Buffer, wanted: string): string {
  let at = archive.readUInt32LE(archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1')) + 16);
  while (archive.readUInt32LE(at) === 0x02014b50) {
    const nameLength = archive.readUInt16LE(at + 28);
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const local = archive.readUInt32LE(at + 42);
      const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const packed = archive.subarray(data, data + archive.readUInt32LE(at + 20));
      return (archive.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed)).toString();
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`There is no ${wanted} in the archive.`);
}

function within(range: string | undefined, version: number): boolean {
  if (range === undefined || range === 'none') return false;
  if (range.endsWith('+')) return version >= Number(range.slice(0, -1));
  const [from = '0', to = from] = range.split('-');
  return version >= Number(from) && version <= Number(to);
}

let seed = 1;
function random(below: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return Math.floor(seed / 256) % below;
}

function writeValue(writer: wire.Writer, type: string, field: Field, version: number, structs: ReadonlyMap<string, Field>): void {
  if (type.startsWith('[]')) {
    const length = random(3);
    wire.writeArrayLength(writer, length);
    const { nullableVersions: _, ...element } = field;
    for (let i = 0; i < length; i++) writeValue(writer, type.slice(2), element, version, structs);
    return;
  }
  const nullable = within(field.nullableVersions, version);
  if (type === 'bool') wire.writeInt8(writer, random(2));
  else if (type === 'int8') wire.writeInt8(writer, random(100));
  else if (type === 'int16') wire.writeInt16(writer, random(1_000));
  else if (type === 'int32') wire.writeInt32(writer, random(100_000));
  else if (type === 'int64') wire.writeInt64(writer, random(100_000) - 5);
  else if (type === 'string') wire.writeString(writer, nullable && random(3) === 0 ? null : 'abc'.slice(random(3)));
  else if (type === 'bytes' || type === 'records') wire.writeBytes(writer, Buffer.from('hello'));
  else if (type === 'uuid') wire.writeUuid(writer, '12345678-1234-1234-1234-123456789abc');
  else writeFields(writer, field.fields ?? structs.get(type)?.fields ?? [], version, structs);
}

function writeFields(writer: wire.Writer, fields: readonly Field[], version: number, structs: ReadonlyMap<string, Field>): void {
  for (const field of fields) {
    if (within(field.versions, version) && !within(field.taggedVersions, version)) writeValue(writer, field.type, field, version, structs);
  }
  if (writer.flexible) wire.writeUnsignedVarint(writer, 0);
}

async function clientJar(): Promise<Buffer> {
  const folder = dirname(await kafkaClasspath());
  const name = readdirSync(folder).find((file) => /^kafka-clients-[\d.]+\.jar$/.test(file));
  if (!name) throw new Error(`There is no kafka-clients jar in ${folder}.`);
  return readFileSync(join(folder, name));
}

test.skipIf(!present)("every request and response that Kafka's client still knows has the layout of Kafka's own definition", async () => {
  const jar = await clientJar();
  let checked = 0;
  for (const key of Object.keys(API) as ApiName[]) {
    const api = API[key];
    for (const side of ['request', 'response'] as const) {
      const name = `${api.name}${side === 'request' ? 'Request' : 'Response'}`;
      const text = unzip(jar, `common/message/${name}.json`)
        .replace(/^\s*\/\/.*$/gm, '')
        .replace(/\s\/\/ .*$/gm, '');
      const definition = JSON.parse(text) as Definition;
      const structs = new Map(definition.commonStructs?.map((struct) => [struct.name, struct]));
      const type = api[side] as Type<unknown>;
      for (let version: number = api.min; version <= api.max; version++) {
        if (!within(definition.validVersions, version)) continue;
        const flexible = version >= api.flexible;
        expect([name, version, flexible]).toEqual([name, version, within(definition.flexibleVersions, version)]);
        for (let round = 0; round < 5; round++) {
          const theirs = wire.createWriter(flexible);
          writeFields(theirs, definition.fields, version, structs);
          const bytes = Buffer.concat(wire.finish(theirs));
          const reader = wire.createReader(bytes, flexible);
          const value = type.read(reader, version);
          const ours = wire.createWriter(flexible);
          type.write(ours, value, version);
          expect([name, version, reader.position, Buffer.concat(wire.finish(ours)).toString('hex')]).toEqual([
            name,
            version,
            bytes.length,
            bytes.toString('hex'),
          ]);
          checked++;
        }
      }
    }
  }
  expect(checked).toBeGreaterThan(1_000);
});

test('lengths that cannot be true are refused instead of filling the memory', () => {
  const reader = wire.createReader(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0]));
  expect(() => wire.readArrayLength(reader)).toThrow(/cannot fit/);
  expect(() => wire.readString(wire.createReader(Buffer.from([0x7f, 0xff])))).toThrow(/more bytes are needed/);
});

test('64-bit numbers keep their value up to 2^53, below zero too', () => {
  for (const value of [0, 1, -1, -2, 4_294_967_296, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    const buffer = Buffer.alloc(8);
    wire.putInt64(buffer, value, 0);
    expect(wire.int64At(buffer, 0)).toBe(value);
    expect(buffer.readBigInt64BE()).toBe(BigInt(value));
  }
});
