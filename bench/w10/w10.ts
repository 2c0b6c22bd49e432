/**
 * W10: thousands of rules on single events, in the shape of public detection rules, over Windows-log-like JSON. No
 * state: what is asked is how an event finds its rules, how fields are read, and the JSON path.
 *
 * 1.5 % of the events are made so that they fulfil the positive part of one of two thirds of the rules. Columns: type is
 * the event id's rank, key the event's number, a the number of rules, b the rule to fulfil plus 1, or 0.
 */

import { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import { Zipf } from "../draws.ts";
import { generated, type RecordBatch, type RecordSource } from "../records.ts";
import { type Size, START_MS, type Variant, type Workload } from "../workload.ts";
import { fulfil } from "./atoms.ts";
import { dataOfFields, EVENT_IDS, fieldsOf } from "./fields.ts";
import { w10Rules, w10Texts } from "./rules.ts";

const INCIDENT_SHARE = 0.015;

/** How the engine is made, by the end of the variant's name. The plain forms find the same. */
const FORMS = [
  { suffix: "", engine: {} },
  { suffix: ".linear", engine: { index: false } },
  { suffix: ".interpreted", engine: { codegen: false } },
] as const;

function open({ events, seed }: Size, rules: number): RecordSource {
  const random = new Random(seed);
  const ids = new Zipf(random, EVENT_IDS.length, 1);
  let made = 0;
  return generated(events, (batch, at) => {
    batch.type[at] = ids.next();
    batch.key[at] = ++made;
    batch.a[at] = rules;
    const hit = random.chance(INCIDENT_SHARE);
    batch.b[at] = hit ? 1 + random.below(Math.ceil((rules * 2) / 3)) : 0;
    batch.ts[at] = START_MS + made;
    batch.x[at] = random.unit();
  });
}

function dataOf(batch: RecordBatch, at: number): Value {
  const random = new Random(batch.key[at] as number);
  const eventId = EVENT_IDS[(batch.type[at] as number) - 1] as number;
  const fields = fieldsOf(random, eventId);
  const rule = w10Rules(batch.a[at] as number)[(batch.b[at] as number) - 1];
  for (const atom of rule?.positive ?? []) fulfil(atom, fields, random);
  return dataOfFields(fields, batch.ts[at] as number, (batch.x[at] as number) < 0.5);
}

export const W10: Workload = {
  name: "W10",
  title: "thousands of rules on single events",
  stream: "winlog",
  seed: 10,
  events: 50_000,
  modes: ["json", "engine"],
  madeBefore: true,
  limitS: 60,
  batch: 250,
  keysOf: () => 0,
  variants: ({ rules }): readonly Variant[] =>
    (rules ?? [300, 3000, 10_000]).flatMap((count) =>
      FORMS.map(({ suffix, engine }) => ({
        name: `r${count}${suffix}`,
        tier: "T0" as const,
        get rules() {
          return w10Texts(count);
        },
        engine,
        open: (size: Size) => open(size, count),
      })),
    ),
  dataOf,
};
