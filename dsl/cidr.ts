/**
 * Door of ipaddr.js: addresses and ranges of `cidr`, `is_private` and `ip_version`. Ranges are parsed once, when a
 * rule is compiled or first judged; addresses are compared as numbers. An IPv4-mapped IPv6 address (`::ffff:10.0.0.9`)
 * is in the ranges of its IPv4 address. Only the four-part decimal form of IPv4 counts: `010.1`, `0x7f.1` and the like
 * are read differently by different programs.
 */

import ipaddr from "ipaddr.js";

/** An address as a number: 32 or 128 bits, most significant byte first. */
export interface Address {
  readonly version: 4 | 6;
  readonly bytes: readonly number[];
}

/** Reads an address; null where the text is none. IPv4-mapped addresses stay IPv6 here. */
function parseAddress(text: string): Address | null {
  // Zone ids (`fe80::1%eth0`) name an interface of one machine: not part of the number.
  if (text.length > 64) return null;
  const bytes = fourDecimals(text);
  if (bytes !== null) return { version: 4, bytes };
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return null;
  return { version: 6, bytes: ipaddr.IPv6.parse(text).toByteArray() };
}

/** The numbers of `10.0.0.9`: four of 0 to 255 without leading zeros, with points between. Every flow has two. */
function fourDecimals(text: string): readonly number[] | null {
  const bytes: number[] = [];
  let digits = 0;
  let byte = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && byte === 0) return null;
      byte = byte * 10 + digit;
      if (byte > 255) return null;
      digits++;
    } else if (digit === -2 && digits > 0) {
      bytes.push(byte);
      digits = 0;
      byte = 0;
    } else return null;
  }
  if (digits === 0 || bytes.length !== 3) return null;
  bytes.push(byte);
  return bytes;
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function isMapped(address: Address): boolean {
  return address.version === 6 && MAPPED_PREFIX.every((byte, i) => address.bytes[i] === byte);
}

/** The IPv4 address within an IPv4-mapped one; others are given back as they are. */
function unmapped(address: Address): Address {
  return isMapped(address) ? { version: 4, bytes: address.bytes.slice(12) } : address;
}

/** The address as ranges see it; null where the text is none. */
export function addressOf(text: string): Address | null {
  const address = parseAddress(text);
  return address === null ? null : unmapped(address);
}

function inPrefix(address: Address, network: Address, bits: number): boolean {
  if (address.version !== network.version) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address.bytes[i] !== network.bytes[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return (((address.bytes[whole] ?? 0) ^ (network.bytes[whole] ?? 0)) & mask) === 0;
}

export interface CidrRange {
  readonly error: null;
  /** An address is in the range when it is of the same version and its first `bits` bits are those of `network`. */
  readonly network: Address;
  readonly bits: number;
  /** Is the address in the range? Null where the text is no address. */
  contains(ip: string): boolean | null;
}

/**
 * Reads a range such as `10.0.0.0/8`, `fd00::/8`, `::ffff:10.0.0.0/104`; an address alone stands for itself. Bits after the prefix are
 * ignored.
 */
export function parseCidr(text: string): CidrRange | { readonly error: string } {
  const slash = text.indexOf("/");
  const written = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (written === null)
    return { error: "it is no address with a prefix length, as `10.0.0.0/8` is" };
  const width = written.version === 4 ? 32 : 128;
  const digits = slash < 0 ? String(width) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > width) {
    return { error: `the prefix length is from 0 to ${width} here` };
  }
  const mapped = isMapped(written) && Number(digits) >= 96;
  const network = mapped ? unmapped(written) : written;
  const bits = mapped ? Number(digits) - 96 : Number(digits);
  return {
    error: null,
    network,
    bits,
    contains: (ip) => {
      const address = addressOf(ip);
      return address === null ? null : inPrefix(address, network, bits);
    },
  };
}

/** 4 or 6; an IPv4-mapped IPv6 address is 6. Null where the text is no address. */
export function ipVersion(text: string): 4 | 6 | null {
  return parseAddress(text)?.version ?? null;
}

/** The ranges of `isPrivate`, each with its prefix length. */
const PRIVATE_RANGES: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 32],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
];

const PRIVATE_NETWORKS = PRIVATE_RANGES.flatMap(([text, bits]) => {
  const network = parseAddress(text);
  return network === null ? [] : [{ network, bits }];
});

/** Is the address private, of one link, the loopback or unspecified (RFC 1918, 3927, 4193, 4291, 6598)? */
export function isPrivate(text: string): boolean | null {
  const address = parseAddress(text);
  if (address === null) return null;
  const plain = unmapped(address);
  return PRIVATE_NETWORKS.some(({ network, bits }) => inPrefix(plain, network, bits));
}
