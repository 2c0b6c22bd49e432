/** What is watched and when it is offered, against a real nats-server; time passes ten times as fast. */

import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { type Clock, systemClock } from "../../io/clock.ts";
import { createEntry, ensureBucket } from "../../io/nats-kv.ts";
import { makeBundle } from "../../rules/rule-bundle.ts";
import { openServiceStage } from "../../tests/service-stage.ts";
import { createLog } from "../log.ts";
import { type ReloadReport, reportOf } from "./reload-report.ts";
import type { Candidate } from "./reloader-parts.ts";
import { firstSet, usable } from "./running-set.ts";
import { checkSet, failedSet } from "./set-check.ts";
import { SetSources } from "./set-sources.ts";

const { broker } = await openServiceStage();

const FAST: Clock = {
  ...systemClock,
  after: (durationMs, callback) => systemClock.after(durationMs / 10, callback),
};
const ORIGIN = { kind: "http", mark: "", author: "", note: "" } as const;

function running() {
  const text = `stream auth from "auth" { time t }
list A from kv "A"
list B from kv "B"
rule r.one "One" { severity low  match by user within 1m { a: auth where user in A or user in B } }
`;
  const buckets = ["A", "B"].map((bucket) => ({ bucket, entries: [] }));
  const bundle = makeBundle({ files: [{ file: "a.seq", text }], data: [], buckets });
  const limits = { openPerKey: 10, openPerRule: 10 };
  const input = { kind: "bundle", bundle } as const;
  const set = usable(checkSet({ input, limits, runTests: false, todayMs: 0 }));
  if (set === null) throw new Error("the set compiles");
  return firstSet(set, ORIGIN, 0);
}

/** Sources that tell what they offer, and answer as `answer` says. */
function watching(answer: (count: number) => Pick<ReloadReport, "outcome" | "mayPass">) {
  const state = { running: running(), step: null, warm: null, problem: null };
  const offered: Candidate[] = [];
  const log = createLog();
  log.level = "silent";
  const sources = new SetSources({
    folder: null,
    bucket: null,
    knownFolder: null,
    knownNumber: null,
    reloader: {
      state,
      broken: () => undefined,
      submit: async (candidate) => {
        offered.push(candidate);
        const report = reportOf(failedSet([]), ORIGIN, "data", "");
        return { ...report, ...answer(offered.length) };
      },
    },
    broker,
    clock: FAST,
    random: new Random(1),
    log,
    onFailure: (error) => {
      throw error;
    },
  });
  return { sources, offered };
}

async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 5000;
  while (!holds() && performance.now() < endMs) await sleep(5);
}

async function put(bucket: string, key: string): Promise<void> {
  await createEntry(broker, bucket, key, new TextEncoder().encode("x"));
}

test("what changed in one bucket while another was away is offered once that is back", async () => {
  for (const bucket of ["A", "B"]) {
    await ensureBucket(broker, bucket);
    await put(bucket, "1");
  }
  const { sources, offered } = watching(() => ({ outcome: "data", mayPass: false }));
  sources.start();
  await until(() => offered.length === 1);
  await broker.api("STREAM.DELETE.KV_B");
  await put("A", "2");
  // Longer than it takes to look.
  await sleep(300);
  expect(offered).toHaveLength(1);
  await ensureBucket(broker, "B");
  await put("B", "1");
  await until(() => offered.length === 2);
  expect(offered).toHaveLength(2);
  await sources.close();
});

test("what may be taken later is offered again, less and less often; what is wrong in itself is not", async () => {
  const candidate: Candidate = {
    input: { kind: "folder", path: "/nowhere", buckets: [] },
    origin: { ...ORIGIN, kind: "folder" },
    choices: new Map(),
    configured: true,
  };
  const missing = watching((count) =>
    count < 3 ? { outcome: "refused", mayPass: true } : { outcome: "activated", mayPass: false },
  );
  const startMs = performance.now();
  await missing.sources.offer(candidate);
  await until(() => missing.offered.length === 3);
  // 2 s and 4 s by the fast clock.
  expect(performance.now() - startMs).toBeGreaterThan(590);
  const wrong = watching(() => ({ outcome: "refused", mayPass: false }));
  await wrong.sources.offer(candidate);
  await sleep(250);
  expect([missing.offered.length, wrong.offered.length]).toEqual([3, 1]);
});
