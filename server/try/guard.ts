import { AsyncLocalStorage } from 'node:async_hooks';
import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { CallUnanswered } from './calls.ts';
import type { TrialWorld } from './world.ts';

/**
 * Keeps code of nodes inside a Try, in the thread of the Try: while one runs, `Date`, `Math.random` and the random numbers
 * of `crypto` are those of the Try, and connections and processes are refused, except inside a call that the Try lets
 * through. It holds off what is done in good faith; it is no sandbox for code that means harm.
 */
export interface Guard {
  /** Whose clock and random numbers count; undefined between Tries. */
  use(world: TrialWorld | undefined): void;
  /** Runs a call that the Try lets through, with the real clock and the real network. */
  outside<T>(perform: () => Promise<T>): Promise<T>;
}

/** Replaces the globals of this thread. Once, before any node type is loaded. */
export function guardThread(): Guard {
  const outside = new AsyncLocalStorage<true>();
  let world: TrialWorld | undefined;
  const inside = (): TrialWorld | undefined => (world !== undefined && outside.getStore() === undefined ? world : undefined);
  replaceClock(inside);
  replaceRandom(inside);
  refuseConnections(inside);
  return {
    use(next) {
      world = next;
    },
    outside: (perform) => outside.run(true, perform),
  };
}

type Inside = () => TrialWorld | undefined;

function replaceClock(inside: Inside): void {
  const RealDate = Date;
  const now = () => inside()?.now() ?? RealDate.now();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}

function replaceRandom(inside: Inside): void {
  const { random } = Math;
  Math.random = () => inside()?.random() ?? random();

  const { randomUUID, randomBytes, randomInt, randomFillSync } = crypto;
  const filled = (size: number, from: TrialWorld): Buffer => {
    const bytes = Buffer.alloc(size);
    from.fill(bytes);
    return bytes;
  };
  const uuid = (options?: Parameters<typeof randomUUID>[0]) => (inside()?.uuid() as ReturnType<typeof randomUUID>) ?? randomUUID(options);
  const replaced = {
    randomUUID: uuid,
    randomBytes(size: number, callback?: (error: Error | null, bytes: Buffer) => void) {
      const from = inside();
      if (from === undefined) return callback ? randomBytes(size, callback) : randomBytes(size);
      const bytes = filled(size, from);
      if (callback === undefined) return bytes;
      process.nextTick(callback, null, bytes);
    },
    randomInt(...args: unknown[]) {
      const from = inside();
      if (from === undefined) return Reflect.apply(randomInt, crypto, args) as unknown;
      const [first = 0, second] = args.filter((arg) => typeof arg === 'number');
      const [min, max] = second === undefined ? [0, first] : [first, second];
      const value = min + Math.floor(from.random() * (max - min));
      const callback = args.find((arg) => typeof arg === 'function');
      if (callback === undefined) return value;
      process.nextTick(callback as (error: undefined, value: number) => void, undefined, value);
    },
    randomFillSync<T extends NodeJS.ArrayBufferView>(buffer: T, offset = 0, size?: number): T {
      const from = inside();
      if (from === undefined) return size === undefined ? randomFillSync(buffer, offset) : randomFillSync(buffer, offset, size);
      from.fill(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, size ?? buffer.byteLength - offset));
      return buffer;
    },
  };
  Object.assign(crypto, replaced);

  const web = globalThis.crypto;
  const getRandomValues = web.getRandomValues.bind(web);
  Object.defineProperty(web, 'randomUUID', { value: uuid, configurable: true });
  Object.defineProperty(web, 'getRandomValues', {
    configurable: true,
    value<T extends NodeJS.ArrayBufferView>(array: T): T {
      const from = inside();
      if (from === undefined) return getRandomValues(array as never) as T;
      from.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return array;
    },
  });
}

function refuseConnections(inside: Inside): void {
  const refusal = (what: string) =>
    new CallUnanswered(
      'call/not-declared',
      `This node ${what} by itself, which a Try does not allow. Its type must ask through context.call, so that a Try can answer.`,
    );
  const guarded = <Args extends unknown[], Result>(real: (...args: Args) => Result, what: string) =>
    function guardedCall(this: unknown, ...args: Args): Result {
      if (inside() !== undefined) throw refusal(what);
      return Reflect.apply(real, this, args);
    };
  const { fetch } = globalThis;
  globalThis.fetch = (...args: Parameters<typeof fetch>) =>
    inside() === undefined ? fetch(...args) : Promise.reject(refusal('calls the outside'));
  const { Socket } = net;
  Socket.prototype.connect = guarded(Socket.prototype.connect as (...args: unknown[]) => net.Socket, 'calls the outside') as never;
  dgram.Socket.prototype.send = guarded(dgram.Socket.prototype.send as (...args: unknown[]) => void, 'calls the outside') as never;
  for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const)
    Object.assign(childProcess, { [name]: guarded(childProcess[name] as (...args: unknown[]) => unknown, 'starts a program') });
  syncBuiltinESMExports();
}
