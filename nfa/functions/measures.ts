/** Measures of places and texts, and the hash. */

import { sha256Hex } from "../../base/hash.ts";
import { isObject, property, type Value } from "../../base/value.ts";
import { finite, floatOf } from "./arithmetic.ts";
import { countPoints } from "./code-points.ts";
import { ofText, type ValueFunction } from "./function.ts";

export const MEASURE_FUNCTIONS: ReadonlyMap<string, ValueFunction> = new Map<string, ValueFunction>(
  [
    ["distance_km", distanceKm],
    ["entropy", ofText(entropy)],
    ["levenshtein", levenshtein],
    ["sha256", ofText(sha256Hex)],
  ],
);

/** Mean radius of the Earth (IUGG). */
const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** The great circle by the haversine formula, which is exact for near places; null without two places. */
function distanceKm(a: Value, b: Value): Value {
  const from = placeOf(a);
  const to = placeOf(b);
  if (from === null || to === null) return null;
  const half = Math.sin(((to.lat - from.lat) * RADIANS) / 2);
  const across = Math.sin(((to.lon - from.lon) * RADIANS) / 2);
  const cosines = Math.cos(from.lat * RADIANS) * Math.cos(to.lat * RADIANS);
  const haversine = half * half + cosines * across * across;
  return finite(2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine))));
}

function placeOf(value: Value): { readonly lat: number; readonly lon: number } | null {
  if (!isObject(value)) return null;
  const lat = floatOf(property(value, "lat"));
  const lon = floatOf(property(value, "lon"));
  if (lat === null || lon === null || Math.abs(lat) > 90 || Math.abs(lon) > 180) return null;
  return { lat, lon };
}

/** Shannon entropy in bits for each code point. */
function entropy(text: string): Value {
  const counts = new Map<string, number>();
  let total = 0;
  for (const point of text) {
    counts.set(point, (counts.get(point) ?? 0) + 1);
    total++;
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / total) * Math.log2(count / total);
  // One symbol alone has -0 bits otherwise.
  return bits + 0;
}

const LEVENSHTEIN_LIMIT = 1024;

/** Wagner and Fischer's table, one row at a time. O(|a| × |b|). */
function levenshtein(a: Value, b: Value): Value {
  if (typeof a !== "string" || typeof b !== "string") return null;
  if (countPoints(a) > LEVENSHTEIN_LIMIT || countPoints(b) > LEVENSHTEIN_LIMIT) return null;
  const columns = Array.from(b);
  let row = Array.from({ length: columns.length + 1 }, (_, i) => i);
  for (const point of a) {
    const next = [(row[0] ?? 0) + 1];
    for (let i = 0; i < columns.length; i++) {
      const replaced = (row[i] ?? 0) + (columns[i] === point ? 0 : 1);
      next.push(Math.min(replaced, (row[i + 1] ?? 0) + 1, (next[i] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
