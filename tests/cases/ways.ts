/** The ways of running a case, all of which give the same, and which of them a case allows. */

import type { Case, CaseEvent } from "./format.ts";

export interface Way {
  readonly name: string;
  readonly codegen: boolean;
  readonly index: boolean;
  /** A checkpoint, and a new engine that goes on from it, after every event. */
  readonly restart: boolean;
  /** Arrivals in another order, all within `delay`. */
  readonly shuffle: boolean;
  /** How many keys run the same events at once, interleaved. */
  readonly keys: number;
  /** Outputs are asked for at the end only. */
  readonly batch: boolean;
  /** Every event is delivered twice. */
  readonly twice: boolean;
}

const PLAIN: Way = {
  name: "generated code",
  codegen: true,
  index: true,
  restart: false,
  shuffle: false,
  keys: 1,
  batch: false,
  twice: false,
};

const WAYS: readonly Way[] = [
  PLAIN,
  { ...PLAIN, name: "interpreter", codegen: false },
  { ...PLAIN, name: "no index", index: false },
  { ...PLAIN, name: "restarts", restart: true },
  { ...PLAIN, name: "one batch", batch: true },
  { ...PLAIN, name: "delivered twice", twice: true },
  { ...PLAIN, name: "shuffled arrivals", shuffle: true },
  { ...PLAIN, name: "shuffled arrivals, restarts", shuffle: true, restart: true },
  { ...PLAIN, name: "three keys", keys: 3 },
  { ...PLAIN, name: "three keys, restarts, interpreter", keys: 3, restart: true, codegen: false },
];

export const SHUFFLE_DELAY = "1000d";

export function waysOf(case_: Case): readonly Way[] {
  const shuffle = canShuffle(case_);
  const keys = canRepeatKeys(case_);
  return WAYS.filter((way) => (!way.shuffle || shuffle) && (way.keys === 1 || keys));
}

/** Only where streams have no options of their own, and nothing but events happens. */
function canShuffle({ rule, inputs, files }: Case): boolean {
  const text = [rule, ...files.flatMap(({ lines }) => lines)].join("\n");
  const streams = text.match(/\bstream\s+\w+\s+from\b[^{]*\{[^}]*\}/g) ?? [];
  return (
    (text.match(/\bstream\s+\w+\s+from\b/g) ?? []).length === streams.length &&
    streams.every((stream) => stream.endsWith("{ time at }")) &&
    inputs.every(
      (input) => input.kind === "event" && input.feed === "1" && input.stampMs === null,
    ) &&
    inputs.every((input, i) => timeOf(input) >= timeOf(inputs[i - 1]))
  );
}

function timeOf(input: Case["inputs"][number] | undefined): number {
  return input?.kind === "event" ? input.atMs : Number.NEGATIVE_INFINITY;
}

/** Only where everything goes by `k`, and nothing is shared between keys. */
function canRepeatKeys({ rule, inputs, values }: Case): boolean {
  const keyed = (rule.match(/\bby\b/g) ?? []).length;
  return (
    values === null &&
    keyed > 0 &&
    keyed === (rule.match(/\bby k\b(?!\s*[,?.]| as)/g) ?? []).length &&
    !/\b(?:once|limit|id|test)\b|\bk ==/.test(rule) &&
    !/"\{.*\bk\b.*\}"/.test(rule) &&
    inputs.every((input) => input.kind !== "event" || isKeyed(input))
  );
}

function isKeyed({ data }: CaseEvent): boolean {
  return typeof data["k"] === "string";
}
