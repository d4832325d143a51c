import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector } from 'undici';

/**
 * Keeps calls to the outside from reaching what only this machine or its network can see. The address is checked
 * where the connection is made, on what the name resolved to for that very connection, so a name that resolves to a
 * public address now and a private one a moment later does not get through, and neither does a redirect.
 */

/** The address is private and nobody has allowed it. */
export class AddressRefused extends Error {
  constructor(host: string, port: string, address: string) {
    const shown = host === address ? `${host} is a private address` : `${host} resolves to ${address}, a private address`;
    super(`${shown}, which calls may reach only when an administrator allows ${bracket(host)}:${port}.`);
    this.name = 'AddressRefused';
  }
}

/** True for an address that is reachable from everywhere: not private, loopback, link-local, unique-local, reserved or the like. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast') return true;
  // 64:ff9b::/96 leads to the IPv4 address in its last 32 bits (RFC 6052).
  if (parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052') {
    const [high = 0, low = 0] = parsed.parts.slice(6);
    return isPublicAddress(`${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`);
  }
  return false;
}

/** Whether a list of `host:port` and CIDR entries admits a connection to that host, port and resolved address. */
export function isAllowed(allow: readonly string[], host: string, port: string, address: string): boolean {
  const names = [host.toLowerCase(), address.toLowerCase()].flatMap((name) => [`${name}:${port}`, `${bracket(name)}:${port}`]);
  return allow.some((entry) => {
    if (names.includes(entry.toLowerCase())) return true;
    if (!ipaddr.isValidCIDR(entry) || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    const [network, bits] = ipaddr.parseCIDR(entry);
    return parsed.kind() === network.kind() && parsed.match(network, bits);
  });
}

/**
 * A keep-alive connection pool that connects to public addresses and to allowed ones only; anything else fails the
 * request with {@link AddressRefused}.
 */
export function outboundAgent(options: { allowPrivate: readonly string[]; connections: number; connectTimeoutMs: number }): Agent {
  const connectors = new Map<string, buildConnector.connector>();
  return new Agent({
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect(target, callback) {
      const host = target.hostname.replace(/^\[|\]$/g, '');
      const port = target.port || (target.protocol === 'https:' ? '443' : '80');
      const admitted = (address: string) => isPublicAddress(address) || isAllowed(options.allowPrivate, host, port, address);
      // An address written as such is never looked up, so it is checked here.
      if (isIP(host) && !admitted(host)) {
        callback(new AddressRefused(host, port, host), null);
        return;
      }
      let connect = connectors.get(`${host}:${port}`);
      if (!connect) {
        connect = buildConnector({ timeout: options.connectTimeoutMs, lookup: admittedLookup(host, port, admitted) });
        if (connectors.size > 1000) connectors.clear();
        connectors.set(`${host}:${port}`, connect);
      }
      connect({ ...target, hostname: host }, callback);
    },
  });
}

/** A `lookup` for sockets that leaves out the addresses that are not admitted. */
function admittedLookup(host: string, port: string, admitted: (address: string) => boolean): LookupFunction {
  return (name, asked, callback) => {
    const family = asked.family === 'IPv4' ? 4 : asked.family === 'IPv6' ? 6 : Number(asked.family ?? 0);
    lookup(name, { all: true, family, hints: asked.hints ?? 0 }, (error, addresses) => {
      if (error) {
        callback(error, []);
        return;
      }
      const usable = addresses.filter(({ address }) => admitted(address));
      const first = usable[0];
      if (!first) callback(new AddressRefused(host, port, addresses[0]?.address ?? name), []);
      else if (asked.all) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
}

function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
