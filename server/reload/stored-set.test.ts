import { expect, test } from "@jest/globals";
import type { DrainingVersion, RuleVerdict } from "../../engine/engine.ts";
import { type BundledBucket, bundleHash, makeBundle } from "../../rules/rule-bundle.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import {
  dataOf,
  drainingPlans,
  effectivePlan,
  firstSet,
  nextSet,
  type RunningSet,
  restoredSet,
  type UsableSet,
  usable,
  withDraining,
} from "./running-set.ts";
import { checkSet, failedSet, problemLine } from "./set-check.ts";
import {
  HISTORY_MAX,
  neededBundles,
  type PackedBundle,
  packBundle,
  packBundleAside,
  readStoredBundle,
  readStoredSet,
  type SetOrigin,
  setChanges,
} from "./stored-set.ts";

const LIMITS = { openPerKey: 10, openPerRule: 20 };
const ORIGIN = { kind: "http", mark: "m", author: "ann", note: "" } as const;

function ruleText(name: string, minutes: number, list: string): string {
  return `stream auth from "auth" { time t }
list ${list} = ["a", "b"]
rule ${name} "Rule" { severity low  match by user within ${minutes}m { a: auth where user in ${list} } }
`;
}

function compiled(text: string, buckets: readonly BundledBucket[] = []): UsableSet {
  const bundle = makeBundle({ files: [{ file: "a.seq", text }], data: [], buckets });
  const input = { kind: "bundle", bundle } as const;
  const set = usable(checkSet({ input, limits: LIMITS, runTests: true, todayMs: 0 }));
  if (set === null) throw new Error("the set compiles");
  return set;
}

function bundlesOf(...sets: readonly UsableSet[]): ReadonlyMap<string, PackedBundle> {
  return new Map(sets.map(({ fullHash, bundle }) => [fullHash, packBundle(bundle)]));
}

function follow(
  before: RunningSet,
  set: UsableSet,
  draining: readonly DrainingVersion[] = [],
  verdicts: readonly RuleVerdict[] = [],
  kind: SetOrigin["kind"] = "http",
): RunningSet {
  const positions = [["EVENTS", 5]] as const;
  const switches = before.stored.switches;
  return nextSet(
    before,
    { set, origin: { ...ORIGIN, kind }, switches, verdicts, positions, nowMs: 7 },
    draining,
  );
}

function drainingVersion(set: UsableSet): DrainingVersion {
  const [plan] = set.plan.rules;
  if (plan === undefined) throw new Error("the set has a rule");
  const { name: rule, version } = plan;
  return { plan, rule, version, sinceMs: 0, open: 1, streams: ["auth"] };
}

test("what is stored comes back: the set, what drains, and the texts of both", () => {
  const store = openMemoryStore();
  const one = compiled(ruleText("r.one", 1, "ONE"));
  const two = compiled(ruleText("r.two", 2, "TWO"));
  const first = firstSet(one, ORIGIN, 1);
  store.commit(setChanges(null, first.stored, bundlesOf(one)));
  const next = follow(first, two, [drainingVersion(one)]);
  store.commit(setChanges(first.stored, next.stored, bundlesOf(two)));

  const stored = readStoredSet(store);
  expect(stored).toEqual(next.stored);
  if (stored === null) throw new Error("a set is stored");
  const restored = restoredSet(store, stored, LIMITS);
  if (restored === null) throw new Error("it compiles");
  expect(restored.set).toEqual(two);
  expect(drainingPlans(restored)).toEqual(one.plan.rules);
  // The old version still looks into its list.
  const data = dataOf(restored.set, restored.older.values());
  expect([data.has("ONE", "a", false), data.has("TWO", "b", false)]).toEqual([true, true]);
  const done = withDraining(restored, restored, []);
  expect(done.stored.draining).toEqual([]);
  expect(done.older.size).toBe(0);
});

test("texts are kept as long as the set can be brought back or drains, and no longer", () => {
  const store = openMemoryStore();
  let running = firstSet(compiled(ruleText("r.one", 1, "ONE")), ORIGIN, 1);
  const hashes = [running.set.fullHash];
  store.commit(setChanges(null, running.stored, bundlesOf(running.set)));
  for (let minutes = 2; minutes < HISTORY_MAX + 5; minutes++) {
    const after = follow(running, compiled(ruleText("r.one", minutes, "ONE")));
    store.commit(setChanges(running.stored, after.stored, bundlesOf(after.set)));
    running = after;
    hashes.push(after.set.fullHash);
  }
  const kept = hashes.filter((hash) => readStoredBundle(store, hash) !== null);
  expect(kept).toEqual(hashes.slice(-HISTORY_MAX - 1));
  expect([...neededBundles(running.stored)].sort()).toEqual([...kept].sort());
  // One that comes back is in the history no more.
  const back = follow(running, compiled(ruleText("r.one", 12, "ONE")));
  expect(back.stored.history.map(({ fullHash }) => fullHash)).not.toContain(back.set.fullHash);
});

test("a list of a bucket that changes makes no other set: going back leads to other texts", async () => {
  const text = (minutes: number): string =>
    ruleText("r.one", minutes, "BAD").replace(/list.*/, 'list BAD from kv "BAD"');
  const withEntry = (value: string): UsableSet =>
    compiled(text(2), [{ bucket: "BAD", entries: [{ key: "1", text: value }] }]);
  const store = openMemoryStore();
  const one = firstSet(compiled(text(1)), ORIGIN, 1);
  store.commit(setChanges(null, one.stored, bundlesOf(one.set)));
  let running = follow(one, withEntry("a"));
  store.commit(setChanges(one.stored, running.stored, bundlesOf(running.set)));
  for (const value of ["b", "c"]) {
    const after = follow(running, withEntry(value), [], [], "bucket");
    const packed = await packBundleAside(after.set.bundle);
    const bundles = new Map([[after.set.fullHash, packed]]);
    store.commit(setChanges(running.stored, after.stored, bundles));
    running = after;
  }
  const { active, history } = running.stored;
  expect(history.map(({ hash }) => hash)).toEqual([one.set.hash]);
  // Whoever pushed the texts is still who did.
  expect(active).toMatchObject({ fullHash: withEntry("c").fullHash, origin: ORIGIN });
  expect(readStoredBundle(store, active.fullHash)).toEqual(running.set.bundle);
  expect(readStoredBundle(store, withEntry("b").fullHash)).toBeNull();
});

test("where a stored set compiles no more, what operators have switched off stays off", () => {
  const one = compiled(ruleText("r.one", 1, "ONE"));
  const off = { rule: "r.one", reason: "loud", untilMs: null };
  const gone = { ...off, rule: "r.gone" };
  const first = firstSet(compiled(ruleText("r.old", 1, "ONE")), ORIGIN, 1);
  const before = { ...first.stored, switches: [off, gone] };
  const { stored } = firstSet(one, ORIGIN, 2, before);
  expect(stored.switches).toEqual([off]);
  expect(stored.history).toEqual([before.active]);
});

test("a set that is compiled already is not compiled again", () => {
  const one = compiled(ruleText("r.one", 1, "ONE"));
  const { stored } = firstSet(one, ORIGIN, 1);
  const restored = restoredSet(openMemoryStore(), stored, LIMITS, one);
  expect(restored?.set).toBe(one);
});

test("a rule's beginning stays with its version, under another name, too", () => {
  const first = firstSet(compiled(ruleText("r.one", 1, "ONE")), ORIGIN, 1);
  const other = follow(first, compiled(`# a comment\n${ruleText("r.one", 1, "ONE")}`));
  expect(other.stored.rules).toEqual(first.stored.rules);
  const changed = follow(first, compiled(ruleText("r.one", 2, "ONE")));
  expect(changed.stored.rules[0]?.since).toEqual([["EVENTS", 5]]);
});

test("a rule that is switched off keeps its version", () => {
  const { plan } = compiled(ruleText("r.one", 1, "ONE"));
  const off = { rule: "r.one", reason: "loud", untilMs: null };
  expect(effectivePlan(plan, [])).toBe(plan);
  expect(effectivePlan(plan, [off]).rules).toEqual([{ ...plan.rules[0], mode: "off" }]);
});

test("checks tell errors with their place, failing tests, and a folder that is not there", () => {
  const check = (text: string) => {
    const bundle = { files: [{ file: "a.seq", text }], data: [], buckets: [] };
    const input = { kind: "bundle", bundle } as const;
    return checkSet({ input, limits: LIMITS, runTests: true, todayMs: 0 });
  };
  const broken = check("\n  rule r.x {");
  expect(broken.plan).toBeNull();
  expect(broken.problems[0]).toMatchObject({ file: "a.seq", line: 2, severity: "error" });
  const failing = check(
    `${ruleText("r.one", 1, "ONE")}test "no" for r.one { 0s auth { user: "x" } expect alert }\n`,
  );
  expect(failing.problems.map(problemLine)[0]).toMatch(
    /^a.seq:4:1: error\[test\]: the test "no" fails: /,
  );
  expect(failing.problems).toHaveLength(1);
  const input = { kind: "folder", path: "/nowhere/at/all", buckets: [] } as const;
  const gone = checkSet({ input, limits: LIMITS, runTests: true, todayMs: 0 });
  expect(gone.problems).toMatchObject([{ code: "set", severity: "error" }]);
  expect(failedSet([]).plan).toBeNull();
  expect(gone.hash).toBe("");
  expect(bundleHash(broken.bundle, false).slice(0, 16)).toBe(broken.hash);
});

test("a list may hold integers that no double can", () => {
  const text = `stream auth from "auth" { time t }
list IDS from "ids.txt"
rule r "Rule" { severity low  match by user within 1m { a: auth where id in IDS } }
`;
  const data = [{ file: "ids.txt", text: "9007199254740993\n" }];
  const bundle = makeBundle({ files: [{ file: "a.seq", text }], data, buckets: [] });
  const input = { kind: "bundle", bundle } as const;
  const set = checkSet({ input, limits: LIMITS, runTests: true, todayMs: 0 });
  expect(set.problems.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(set.contents.get("IDS")).toEqual({ kind: "list", items: [9007199254740993n] });
});
