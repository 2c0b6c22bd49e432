/**
 * Reading of event times as a stream declares them (D-1): texts by RFC 3339 or a format, numbers by a unit, also those
 * that stand in texts where the unit is declared. What is finer than a millisecond is kept as a fraction, which only orders.
 */

import type { Value, ValueObject } from "../base/value.ts";
import type { StreamPlan, TimePlan } from "../dsl/plan.ts";
import { parseTime } from "../dsl/zone.ts";
import type { CompileOptions } from "../nfa/expression/compiled.ts";
import { compileDataField } from "./field-reader.ts";
import { type ReadTime, readRfc3339 } from "./rfc3339.ts";

/** Event times lie in the years 0 to 9999, which RFC 3339 can write. */
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;

/** A number in a text; longer ones are no time in any unit. */
const DIGITS = /^-?\d{1,24}(?:\.\d{1,24})?$/;

/** Units of a number per millisecond; for seconds it is the other way round. */
const PER_MS = { ms: 1, us: 1_000, ns: 1_000_000 } as const;

export class EventClock {
  readonly #time: TimePlan | null;
  readonly #get: ((data: ValueObject) => Value) | null;
  readonly #read: ReadTime = { ms: 0, frac: 0, local: false };

  constructor(stream: StreamPlan, options: CompileOptions) {
    this.#time = stream.time;
    this.#get = stream.time === null ? null : compileDataField(stream.time.path, options);
  }

  /** Whole milliseconds of the time read last. */
  get ms(): number {
    return this.#read.ms;
  }

  /** Part of a millisecond of the time read last, in [0, 1). */
  get frac(): number {
    return this.#read.frac;
  }

  /**
   * Reads the time of an event; `stampMs` is the broker's or the envelope's. Null where it went well, else what is
   * wrong: "no time …" or "bad time …".
   */
  read(data: ValueObject, stampMs: number | null): string | null {
    if (this.#time === null || this.#get === null) {
      if (stampMs === null)
        return "no time: the stream has no time field, and the record none of its own";
      this.#take(stampMs);
      return this.#checkRange(stampMs);
    }
    const value = this.#get(data);
    if (typeof value === "number") {
      if (this.#time.unit === "ms" && Number.isSafeInteger(value)) {
        this.#read.ms = value;
        this.#read.frac = 0;
      } else this.#takeNumber(value, this.#time.unit);
      return this.#checkRange(value);
    }
    if (typeof value === "string") return this.#readText(value, this.#time);
    if (typeof value === "bigint") {
      this.#takeBigint(value, this.#time.unit);
      return this.#checkRange(value);
    }
    if (value === null) return "no time: the field is missing or null";
    return "bad time: neither a text nor a number";
  }

  #take(ms: number): void {
    this.#read.ms = Math.floor(ms);
    this.#read.frac = ms - this.#read.ms;
  }

  /** A number that stands in a text, exactly: producers write so what a double cannot hold. */
  #takeDigits(text: string, unit: TimePlan["unit"]): void {
    const point = text.indexOf(".");
    const decimals = point < 0 ? 0 : text.length - point - 1;
    const count = BigInt(text.replace(".", "")) * (unit === "s" ? 1000n : 1n);
    const perMs = 10n ** BigInt(decimals) * BigInt(unit === "s" ? 1 : PER_MS[unit]);
    const rest = ((count % perMs) + perMs) % perMs;
    this.#read.ms = Number((count - rest) / perMs);
    // Many nines must not round to the next millisecond.
    this.#read.frac = Math.min(Number(rest) / Number(perMs), 1 - Number.EPSILON);
  }

  #takeNumber(value: number, unit: TimePlan["unit"]): void {
    if (unit === "s") {
      // A double holds today's seconds to a quarter of a microsecond: what is below is noise of binary fractions.
      const us = Math.round(value * 1e6);
      this.#read.ms = Math.floor(us / 1000);
      this.#read.frac = (us - this.#read.ms * 1000) / 1000;
      return;
    }
    const per = PER_MS[unit];
    this.#read.ms = Math.floor(value / per);
    this.#read.frac = Math.max(0, (value - this.#read.ms * per) / per);
  }

  #takeBigint(value: bigint, unit: TimePlan["unit"]): void {
    if (unit === "s") {
      this.#read.ms = Number(value) * 1000;
      this.#read.frac = 0;
      return;
    }
    const per = BigInt(PER_MS[unit]);
    const rest = ((value % per) + per) % per;
    this.#read.ms = Number((value - rest) / per);
    this.#read.frac = Number(rest) / Number(per);
  }

  #readText(text: string, time: TimePlan): string | null {
    if (time.format === null && (time.unit !== "ms" || time.declaredMs) && DIGITS.test(text)) {
      this.#takeDigits(text, time.unit);
      return this.#checkRange(text);
    }
    if (time.format === null && readRfc3339(text, this.#read)) {
      if (!this.#read.local || time.zone === null) return this.#checkRange(text);
    }
    const ms = parseTime(text, time.format, time.zone);
    if (ms === null) {
      const shape = time.format === null ? "RFC 3339" : `the format ${JSON.stringify(time.format)}`;
      return `bad time: ${shown(text)} is not ${shape}`;
    }
    this.#take(ms);
    return this.#checkRange(text);
  }

  #checkRange(given: Value): string | null {
    const ms = this.#read.ms;
    if (ms >= FIRST_MS && ms <= LAST_MS) return null;
    return `bad time: ${shown(String(given))} is outside the years 0 to 9999`;
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
