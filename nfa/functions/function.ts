/** What a function of the catalogue is at run time, and how most treat null. */

import type { Value } from "../../base/value.ts";
import { floatOf } from "./arithmetic.ts";

/** Total: it takes any values, and gives null for what it cannot use. An argument left out is undefined. */
export type ValueFunction = (...args: Value[]) => Value;

/** A function of one text. */
export function ofText(apply: (text: string) => Value): ValueFunction {
  return (text) => (typeof text === "string" ? apply(text) : null);
}

/** A function of one number, taken as a float. */
export function ofNumber(apply: (x: number) => Value): ValueFunction {
  return (value) => {
    const x = floatOf(value);
    return x === null ? null : apply(x);
  };
}
