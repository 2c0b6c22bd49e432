/**
 * Which addresses an outgoing request may connect to. A URL comes from a configuration, but what its name resolves to
 * is another's word: without this check a name could lead into the own machine, the own network, or to the service
 * that hands out a cloud machine's credentials.
 *
 * Invariants
 *  A1  Refused is everything that is not plainly public (IANA special-purpose registries, RFC 6890 and its updates):
 *      an address that no list names is refused, too, where it is no global unicast address.
 *  A2  An IPv4 address within an IPv6 address is never judged by its outside: such addresses are refused.
 *  A3  `allowPrivate` opens the own machine and private networks, nothing else; a range in `allowed` opens itself.
 */

import { BlockList, isIP } from "node:net";

export interface AddressPolicy {
  /** May the own machine (127.0.0.0/8, ::1) and private networks be reached? */
  readonly allowPrivate: boolean;
  /** Ranges that may be reached whatever they are: `10.1.0.0/16`, `fd00::/8`, or single addresses. */
  readonly allowed: readonly string[];
}

const PRIVATE = blockList([
  "10.0.0.0/8",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "::1/128",
  "fc00::/7",
]);

/** Cloud machines ask these for their credentials; the last three lie in ranges that are otherwise of use. */
const METADATA = blockList([
  "169.254.0.0/16",
  "fd00:ec2::/32",
  "100.100.100.200/32",
  "168.63.129.16/32",
]);

const SPECIAL = blockList([
  "0.0.0.0/8",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
]);

/** Global unicast: what else IPv6 has is local, mapped, translated, multicast or not assigned. */
const GLOBAL_V6 = blockList(["2000::/3"]);

/** Why the address is not to be connected to, a clause; null: it may be. */
export function addressRefusal(address: string, policy: AddressPolicy): string | null {
  const version = isIP(address);
  if (version === 0) return "it is no address";
  const family = version === 4 ? "ipv4" : "ipv6";
  const mapped = family === "ipv6" && isEmbedding(address);
  if (!mapped && blockList(policy.allowed).check(address, family)) return null;
  if (METADATA.check(address, family)) return "it is a link-local or metadata address";
  if (mapped) return "it wraps an IPv4 address";
  if (PRIVATE.check(address, family)) {
    return policy.allowPrivate ? null : "it is a loopback or private address";
  }
  if (SPECIAL.check(address, family)) return "it is a special-purpose address";
  if (family === "ipv6" && !GLOBAL_V6.check(address, family)) return "it is no public address";
  return null;
}

export interface UrlPolicy extends AddressPolicy {
  /** May a request go without TLS? */
  readonly allowHttp: boolean;
}

export type UrlFault =
  | { readonly kind: "no TLS" }
  /** `reason` as `addressRefusal` says it. */
  | { readonly kind: "address"; readonly address: string; readonly reason: string };

/** What can be said against a URL before its name is resolved; null: nothing. An address is connected to as it stands. */
export function judgeUrl({ protocol, hostname }: URL, policy: UrlPolicy): UrlFault | null {
  if (protocol !== "https:" && !(protocol === "http:" && policy.allowHttp)) {
    return { kind: "no TLS" };
  }
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) === 0) return null;
  const reason = addressRefusal(address, policy);
  return reason === null ? null : { kind: "address", address, reason };
}

const EMBEDDING = blockList(["::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"]);
const LOOPBACK_V6 = blockList(["::1"]);

/** IPv4-compatible, IPv4-mapped and translated addresses; `::1` shares the first one's prefix. */
function isEmbedding(address: string): boolean {
  return EMBEDDING.check(address, "ipv6") && !LOOPBACK_V6.check(address, "ipv6");
}

/** Is the text an address, or a range as `10.0.0.0/8`? */
export function isAddressRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
