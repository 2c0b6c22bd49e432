/** The command line of the benchmarks. */

import { parseArgs } from "node:util";
import type { Mode } from "./result.ts";
import type { VariantOptions } from "./workload.ts";

/** What the caller must change: told in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "usage";
}

export interface BenchRequest {
  readonly kind: "run" | "gen" | "child";
  /** Name of the workload, or for a child its specification as JSON. */
  readonly subject: string;
  /** Null: the workload's default. */
  readonly events: number | null;
  readonly seed: number | null;
  readonly keys: number | null;
  /** Null: the workload's default; of W9 `nats`. */
  readonly modes: readonly Mode[] | null;
  readonly repeat: number;
  readonly variants: VariantOptions;
  /** Null: the workload's default. */
  readonly limitS: number | null;
  readonly limitMb: number;
  /** Collect before memory is looked at: what lives, without what is dead and not yet collected. */
  readonly liveMemory: boolean;
  /** W9: loads of the latency runs, as shares of the maximum. */
  readonly rates: readonly number[];
  readonly latencyS: number;
  /** W9: how often the service is killed in the crash run; 0: there is none. */
  readonly kills: number;
  /** `gen`: the file to write. */
  readonly out: string | null;
}

const USAGE =
  "npm run bench -- WORKLOAD [--events N --seed S --keys K --mode engine|json|nats --variant V --repeat n], or: gen WORKLOAD --out FILE";

const OPTIONS = {
  events: { type: "string" },
  seed: { type: "string" },
  keys: { type: "string" },
  mode: { type: "string" },
  shards: { type: "string" },
  repeat: { type: "string" },
  variant: { type: "string" },
  steps: { type: "string" },
  window: { type: "string" },
  candidates: { type: "string" },
  rules: { type: "string" },
  "limit-seconds": { type: "string" },
  "limit-mb": { type: "string" },
  "live-memory": { type: "boolean" },
  rate: { type: "string" },
  "latency-seconds": { type: "string" },
  kills: { type: "string" },
  out: { type: "string" },
} as const;

type Flags = {
  readonly [name in keyof typeof OPTIONS]?:
    | ((typeof OPTIONS)[name]["type"] extends "boolean" ? boolean : string)
    | undefined;
};

/** Reads the arguments behind the program's name. Throws UsageError. */
export function readCommandLine(args: readonly string[]): BenchRequest {
  const { positionals, values } = parsed(args);
  const [first, second, third] = positionals;
  const isWord = first === "gen" || first === "child";
  const subject = isWord ? second : first;
  if (subject === undefined || (isWord ? third : second) !== undefined) throw new UsageError(USAGE);
  if (values.shards !== undefined && values.shards !== "1") {
    throw new UsageError("--shards: the engine runs in one shard");
  }
  return {
    kind: isWord ? first : "run",
    subject,
    events: wholeOf(values, "events"),
    seed: wholeOf(values, "seed"),
    keys: wholeOf(values, "keys"),
    modes: values.mode === undefined ? null : values.mode.split(",").map(modeOf),
    repeat: wholeOf(values, "repeat") ?? 1,
    variants: {
      names: values.variant?.split(",") ?? null,
      steps: numbersOf(values, "steps"),
      windows: numbersOf(values, "window"),
      candidates: numbersOf(values, "candidates"),
      rules: numbersOf(values, "rules"),
    },
    limitS: wholeOf(values, "limit-seconds"),
    limitMb: wholeOf(values, "limit-mb") ?? 4096,
    liveMemory: values["live-memory"] ?? false,
    rates: (values.rate ?? "50%,80%").split(",").map(shareOf),
    latencyS: wholeOf(values, "latency-seconds") ?? 20,
    kills: wholeOf(values, "kills") ?? 0,
    out: values.out ?? null,
  };
}

function parsed(args: readonly string[]): {
  readonly positionals: readonly string[];
  readonly values: Flags;
} {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

type TextFlag = Exclude<keyof Flags, "live-memory">;

function wholeOf(values: Flags, name: TextFlag): number | null {
  const text = values[name];
  if (text === undefined) return null;
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name}: ${text} is not a whole number`);
  return Number(text);
}

function numbersOf(values: Flags, name: TextFlag): readonly number[] | null {
  const text = values[name];
  if (text === undefined) return null;
  return text.split(",").map((part) => {
    const number = Number(part);
    if (part === "" || !(number > 0)) throw new UsageError(`--${name}: ${part} is not a number`);
    return number;
  });
}

function modeOf(text: string): Mode {
  if (text === "engine" || text === "json" || text === "nats") return text;
  throw new UsageError(`--mode: ${text} is none of engine, json, nats`);
}

function shareOf(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent === undefined) throw new UsageError(`--rate: ${text} is not a share such as 50%`);
  return Number(percent) / 100;
}
