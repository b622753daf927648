import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { fault } from '../domain/fault';

/** Resolves a name to all its addresses, as node:dns lookup with `all` does. */
export type Resolve = (host: string, callback: (error: NodeJS.ErrnoException | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void) => void;

const listOf = (ranges: readonly (readonly [string, number])[]): BlockList => {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
};

/** What the flag for tests and development opens: loopback and private networks. */
const PRIVATE = listOf([['10.0.0.0', 8], ['127.0.0.0', 8], ['172.16.0.0', 12], ['192.168.0.0', 16], ['::1', 128], ['fc00::', 7]]);

/** Never: the IANA special-purpose registries, multicast, and addresses where clouds answer questions about the machine itself. */
const CLOSED = listOf([
  ['0.0.0.0', 8], ['100.64.0.0', 10], ['169.254.0.0', 16], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.31.196.0', 24], ['192.52.193.0', 24], ['192.88.99.0', 24],
  ['192.175.48.0', 24], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4], ['168.63.129.16', 32],
  ['::', 128], ['64:ff9b:1::', 48], ['100::', 64], ['2001::', 23], ['2001:db8::', 32], ['3fff::', 20], ['5f00::', 16], ['fd00:ec2::', 32], ['fd20:ce::', 32],
  ['fe80::', 10], ['fec0::', 10], ['ff00::', 8],
]);

/** Where IPv6 reaches the whole world; everything outside is of some special kind. */
const GLOBAL = listOf([['2000::', 3]]);

/** Whether events may be sent to this address. An IPv4 address inside an IPv6 one counts as itself. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  const plain = address.replace(/%.*$/, '');
  const family = isIP(plain);
  if (family === 0) return false;
  if (family === 4) return !CLOSED.check(plain, 'ipv4') && (allowPrivate || !PRIVATE.check(plain, 'ipv4'));
  const inner = embeddedIpv4(plain);
  if (inner !== undefined) return isAllowedAddress(inner, allowPrivate);
  if (CLOSED.check(plain, 'ipv6')) return false;
  return PRIVATE.check(plain, 'ipv6') ? allowPrivate : GLOBAL.check(plain, 'ipv6');
}

/** The IPv4 address that a mapped, compatible, NAT64, 6to4 or ISATAP address leads to. */
function embeddedIpv4(address: string): string | undefined {
  const bytes = bytesOf(address);
  const dotted = (from: number) => bytes.slice(from, from + 4).join('.');
  const starts = (...prefix: number[]) => prefix.every((byte, index) => bytes[index] === byte);
  const zero = (from: number, to: number) => bytes.slice(from, to).every((byte) => byte === 0);
  if (zero(0, 10) && bytes[10] === 0xff && bytes[11] === 0xff) return dotted(12);
  if (zero(0, 8) && bytes[8] === 0xff && bytes[9] === 0xff && zero(10, 12)) return dotted(12);
  if (zero(0, 12) && !zero(12, 15)) return dotted(12);
  if (starts(0, 0x64, 0xff, 0x9b) && zero(4, 12)) return dotted(12);
  if (starts(0x20, 0x02)) return dotted(2);
  if ((bytes[8]! & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe) return dotted(12);
  return undefined;
}

function bytesOf(address: string): number[] {
  const [, front = '', four] = /^(.*?)(\d+\.\d+\.\d+\.\d+)?$/.exec(address) ?? [];
  const tail = four === undefined ? [] : four.split('.').map(Number);
  const words = (text: string): number[] => text.split(':').filter((word) => word !== '').flatMap((word) => [parseInt(word, 16) >> 8, parseInt(word, 16) & 255]);
  const gap = front.indexOf('::');
  const head = words(gap < 0 ? front : front.slice(0, gap));
  const rest = [...(gap < 0 ? [] : words(front.slice(gap + 2))), ...tail];
  return [...head, ...Array.from({ length: Math.max(0, 16 - head.length - rest.length) }, () => 0), ...rest];
}

const LOCAL_NAME = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/;

/**
 * Whether events may be sent there at all; the addresses behind a name are checked again at each connection.
 * @throws Fault HUB-01 with the reason
 */
export function checkCallback(callback: string, allowPrivate: boolean): void {
  const url = URL.canParse(callback) ? new URL(callback) : undefined;
  if (!url) throw refused(callback, 'is no URL. Send an absolute one, as in https://listener.example.com/events');
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) throw refused(callback, 'does not begin with https://');
  if (url.username !== '' || url.password !== '') throw refused(callback, 'holds a user name. Send credentials as authentication instead');
  if (url.hash !== '') throw refused(callback, 'holds a fragment, which is never sent');
  const port = url.port === '' ? 443 : Number(url.port);
  if (port !== 80 && port !== 443 && port < 1024) throw refused(callback, `has port ${port}. Use 443, 80 or one from 1024 on`);
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '').toLowerCase();
  if (host === '') throw refused(callback, 'names no host');
  if (isIP(host) !== 0 ? !isAllowedAddress(host, allowPrivate) : !allowPrivate && (LOCAL_NAME.test(host) || !host.includes('.'))) {
    throw refused(callback, 'leads to an address that is not open to all. Use a public one');
  }
}

const refused = (callback: string, why: string) => fault('HUB-01', `The callback '${callback.slice(0, 100)}' ${why}.`);

const resolveAll: Resolve = (host, callback) => systemLookup(host, { all: true, verbatim: true }, (error, addresses) => callback(error, addresses ?? []));

/**
 * A lookup for connections to callbacks. All addresses of the name are checked, and the connection goes to one of those checked:
 * a name that answers otherwise the next time gains nothing.
 */
export const guardedLookup = (allowPrivate: boolean, resolve: Resolve = resolveAll): LookupFunction => (host, options, callback) => {
  resolve(host, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const bad = addresses.find(({ address }) => !isAllowedAddress(address, allowPrivate));
    if (bad || addresses.length === 0) return callback(Object.assign(new Error(`${host} leads to an address that is not open to all`), { code: 'EBLOCKED' }), '', 0);
    const wanted = addresses.filter(({ family }) => !options.family || options.family === family || options.family === `IPv${family}` as never);
    if (options.all === true) return callback(null, wanted.map(({ address, family }) => ({ address, family })));
    const [first] = wanted;
    if (!first) return callback(Object.assign(new Error(`${host} has no such address`), { code: 'ENOTFOUND' }), '', 0);
    return callback(null, first.address, first.family);
  });
};
