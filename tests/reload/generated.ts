/** Random rules, events, edits and reloads: the engine against the oracle. */

import { expect } from "@jest/globals";
import { compareEvents, type EventRecord } from "../../base/event.ts";
import { Random } from "../../base/random.ts";
import type { Choice, Verdict } from "../../engine/engine.ts";
import { generateCase } from "../oracle/generate.ts";
import { elementsOf, type Pattern } from "../oracle/pattern.ts";
import { type Draft, type Edit, edited, firstDraft, setText } from "./edits.ts";
import { type Chain, type Era, expectedLines } from "./reload-oracle.ts";
import { ReloadRun, RUN_WAYS, type RunWay } from "./reload-run.ts";

/** What is to happen: events in the order of arrival, and the drafts that stand from a place on. */
export interface Story {
  readonly events: readonly EventRecord[];
  readonly streams: readonly string[];
  readonly first: Draft;
  readonly reloads: readonly {
    readonly edit: Edit;
    readonly draft: Draft;
    readonly arrived: number;
    readonly choice: Choice | null;
  }[];
}

/** Null where the seed gives no rule that reads all its streams. */
export function storyOf(seed: number, reloads: number): Story | null {
  const random = new Random(seed);
  const { pattern, events } = generateCase(seed, "core");
  if (!readsAll(pattern)) return null;
  const others = patternsLike(pattern, seed);
  const first = firstDraft(pattern, "f");
  const places = Array.from({ length: reloads }, () => random.below(events.length + 1));
  const drafts: Draft[] = [first];
  const made = places
    .sort((a, b) => a - b)
    .map((arrived) => {
      const { edit, draft } = edited(random, drafts.at(-1) ?? first, drafts, others);
      drafts.push(draft);
      const choice = random.chance(0.1) ? random.pick(["reset", "drain"] as const) : null;
      return { edit, draft, arrived, choice };
    });
  const ordered = [...events].sort(compareEvents).map((event, i) => ({ ...event, seq: i + 1 }));
  return { events: ordered, streams: pattern.streams, first, reloads: made };
}

/** All rules of a story then stand in one order group. */
function readsAll({ streams, events, sequence }: Pattern): boolean {
  const read = elementsOf(sequence).flatMap((element) =>
    "sources" in element ? element.sources : [],
  );
  return streams.every((stream) =>
    read.some(
      (name) => name === stream || events.some((e) => e.name === name && e.stream === stream),
    ),
  );
}

/** Other patterns over the same streams. */
function patternsLike({ streams }: Pattern, seed: number): readonly Pattern[] {
  const found: Pattern[] = [];
  for (let other = seed + 1_000_000; found.length < 2; other++) {
    const { pattern } = generateCase(other, "core");
    if (pattern.streams.length === streams.length && readsAll(pattern)) found.push(pattern);
  }
  return found;
}

export interface StoryResult {
  readonly lines: readonly string[];
  readonly wanted: readonly string[];
  readonly verdicts: readonly Verdict[];
}

export function runStory(story: Story, way: RunWay): StoryResult {
  const run = new ReloadRun({ text: setText(story.first) }, way);
  const chains: Chain[] = [];
  const verdicts: Verdict[] = [];
  let eras: Era[] = [eraOf(run, story.first, 0)];
  const close = (startsUntil: number | null): void => {
    if (eras.length > 0) chains.push({ eras, startsUntil, tellsUntil: null });
    eras = [];
  };
  let arrived = 0;
  let before = story.first;
  const feedUpTo = (count: number): void => {
    for (; arrived < count; arrived++) {
      const event = story.events[arrived];
      if (event === undefined) break;
      const { at: _, ...data } = event.data;
      run.event(event.timeMs, data, event.stream);
    }
  };
  for (const { edit, draft, arrived: place, choice } of story.reloads) {
    feedUpTo(place);
    const choices = new Map(choice === null ? [] : [[draft.name, choice]]);
    const reload = run.reload({ text: setText(draft) }, choices);
    const found = reload.rules.find(({ rule }) => rule === draft.name);
    // Of a rule that was off and is gone nothing is told.
    const verdict = found?.verdict ?? "same";
    verdicts.push(verdict);
    checkVerdict({ edit, before, after: draft, choice, verdict, reasons: found?.reasons ?? [] });
    if (verdict === "drain" || verdict === "reset" || verdict === "removed") close(place);
    // The versions that drained before end with it.
    if (verdict === "reset" || verdict === "removed") stopAll(chains, place);
    if (!draft.deleted && draft.mode !== "off") eras.push(eraOf(run, draft, place));
    before = draft;
  }
  feedUpTo(story.events.length);
  run.finish();
  close(null);
  expect(run.engine.draining()).toEqual([]);
  const wanted = expectedLines(chains, story.events, story.streams);
  return { lines: [...run.lines].sort(), wanted, verdicts };
}

function stopAll(chains: Chain[], place: number): void {
  for (const [i, chain] of chains.entries())
    chains[i] = { ...chain, tellsUntil: chain.tellsUntil ?? place };
}

function eraOf(run: ReloadRun, draft: Draft, arrived: number): Era {
  return { draft, arrived, name: `${draft.name} ${run.versionName(draft.name)}` };
}

interface Judged {
  readonly edit: Edit;
  readonly before: Draft;
  readonly after: Draft;
  readonly choice: Choice | null;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/** The verdict follows from what the author did. */
function checkVerdict({ edit, before, after, choice, verdict, reasons }: Judged): void {
  const runs = ({ deleted, mode }: Draft): boolean => !deleted && mode !== "off";
  const allowed: Verdict[] = [];
  if (!runs(after)) allowed.push(runs(before) ? "removed" : "same");
  else if (!runs(before)) allowed.push("new");
  else if (choice === "reset") allowed.push("reset");
  else if (before.family !== after.family) allowed.push("drain");
  else if (choice === "drain") allowed.push("drain");
  else {
    allowed.push(setText(before) === setText(after) ? "same" : "keep");
    // What an exception bars is told by other conditions, too.
    if (reasons.some((reason) => reason.includes("only the longest"))) allowed.push("drain");
    if (allowed.includes("keep")) allowed.push("same");
  }
  expect([edit, allowed]).toEqual([edit, expect.arrayContaining([verdict])]);
}

/** Runs the stories of these seeds, each in one of the ways; gives how many reloads there were. */
export function compareStories(
  fromSeed: number,
  count: number,
  reloads: number,
): ReadonlyMap<string, number> {
  const tally = new Map<string, number>();
  const add = (name: string, n: number): void => void tally.set(name, (tally.get(name) ?? 0) + n);
  for (let seed = fromSeed; seed < fromSeed + count; seed++) {
    const story = storyOf(seed, reloads);
    if (story === null) continue;
    const way = RUN_WAYS[seed % RUN_WAYS.length];
    if (way === undefined) continue;
    const { lines, wanted, verdicts } = runStory(story, way);
    for (const verdict of verdicts) add(verdict, 1);
    add("reloads", verdicts.length);
    add("alerts", wanted.length);
    if (JSON.stringify(lines) === JSON.stringify(wanted)) continue;
    const edits = story.reloads.map(({ edit, arrived, choice }, i) =>
      [arrived, edit, choice, verdicts[i]].join(" "),
    );
    const told = {
      seed,
      way: way.name,
      edits,
      texts: [story.first, ...story.reloads.map((r) => r.draft)].map(setText),
    };
    expect({ ...told, lines }).toEqual({ ...told, lines: wanted });
  }
  return tally;
}
