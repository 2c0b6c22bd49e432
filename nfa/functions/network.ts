/** Functions of addresses. A text that is no address gives null. */

import type { Tri, Value } from "../../base/value.ts";
import { type CidrRange, ipVersion, isPrivate, parseCidr } from "../../dsl/cidr.ts";
import { ofText, type ValueFunction } from "./function.ts";
import { junction } from "./logic.ts";
import { Memo } from "./memo.ts";

export const NETWORK_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<string, ValueFunction>(
  [
    ["cidr", cidr],
    ["is_private", ofText(isPrivate)],
    ["ip_version", ofText(ipVersion)],
  ],
);

const ranges = new Memo<CidrRange | null>((text) => {
  const range = parseCidr(text);
  return range.error === null ? range : null;
}, 10_000);

/** Is the address in any of the ranges? One that is none, or an item of a list that is no text, is unknown. */
function cidr(ip: Value, ...wanted: Value[]): Value {
  const [only] = wanted;
  if (wanted.length === 1 && typeof ip === "string" && typeof only === "string")
    return ranges.get(only)?.contains(ip) ?? null;
  if (typeof ip !== "string" || ipVersion(ip) === null) return null;
  if (!wanted.every((range) => typeof range === "string" || Array.isArray(range))) return null;
  return junction(true, wanted, (range) => inRange(ip, range));
}

function inRange(ip: string, range: Value): Tri {
  if (Array.isArray(range))
    return junction(true, range as readonly Value[], (item) => inRange(ip, item));
  return typeof range === "string" ? (ranges.get(range)?.contains(ip) ?? null) : null;
}
