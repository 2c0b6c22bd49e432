/**
 * A key's state as bytes and back. Events stand outside and are referred to by index; nodes shared by runs are written
 * once. Leaves and edges go by index: bytes are only read by a program of the shape of the one that wrote them.
 */

import { assert } from "../../base/assert.ts";
import { ByteReader, ByteWriter, RecordError } from "../../base/bytes.ts";
import type { EventRecord } from "../../base/event.ts";
import { parseJson, stringifyJson } from "../../base/json.ts";
import type { Value } from "../../base/value.ts";
import type { Edge, Leaf, Program } from "../program.ts";
import { extend } from "./chain.ts";
import { addRun, countHold, list, newKeyState, newStart } from "./key-state.ts";
import type { Candidate, KeyState, Node, Run, Start } from "./run.ts";

const writer = new ByteWriter();

class EventTable {
  readonly events: EventRecord[] = [];
  readonly #index = new Map<EventRecord, number>();

  indexOf(event: EventRecord): number {
    const known = this.#index.get(event);
    if (known !== undefined) return known;
    this.#index.set(event, this.events.length);
    return this.events.push(event) - 1;
  }
}

/** Cost: the nodes and runs of the key. */
export function encodeKey(state: KeyState): { bytes: Uint8Array; events: readonly EventRecord[] } {
  const table = new EventTable();
  const runs = state.runs.flatMap((list) => list?.filter((run) => !run.dead) ?? []);
  const starts = state.starts.filter((start) => start.runs > 0);
  const held = starts.flatMap(({ held, timedOut }) =>
    [held, timedOut].flatMap((c) => c?.last ?? []),
  );
  const nodes = numberNodes([...runs.map((run) => run.node), ...held]);
  writer.text(stringifyJson(state.values));
  writer.uint(state.runCount === 0 ? 0 : state.ordinal);
  for (const event of state.seen) writer.uint(event === null ? 0 : table.indexOf(event) + 1);
  writer.uint(state.recent.length);
  for (const event of state.recent) writer.uint(table.indexOf(event));
  writer.uint(nodes.size);
  for (const [node] of nodes) {
    writer.uint(node.before === null ? 0 : (nodes.get(node.before) as number) + 1);
    writer.uint(node.leaf.index);
    writer.uint(node.rank);
    writer.uint(table.indexOf(node.event));
  }
  writer.uint(starts.length);
  for (const start of starts) {
    writer.uint(table.indexOf(start.event));
    writer.byte(start.matched ? 1 : 0);
    writeCandidate(start.held, nodes);
    writeCandidate(start.timedOut, nodes);
  }
  writer.uint(runs.length);
  const numbers = new Map(starts.map((start, i) => [start, i]));
  for (const run of runs) writeRun(run, nodes, numbers);
  return { bytes: writer.take(), events: table.events };
}

/** These nodes and all before them, each after the one before it. */
function numberNodes(lasts: readonly Node[]): Map<Node, number> {
  const nodes = new Map<Node, number>();
  for (const last of lasts) {
    const path: Node[] = [];
    for (let node: Node | null = last; node !== null && !nodes.has(node); node = node.before)
      path.push(node);
    for (const node of path.reverse()) nodes.set(node, nodes.size);
  }
  return nodes;
}

function writeCandidate(candidate: Candidate | null, nodes: ReadonlyMap<Node, number>): void {
  writer.uint(candidate === null ? 0 : (nodes.get(candidate.last) as number) + 1);
  if (candidate !== null) writer.uint(candidate.endRank);
}

function writeRun(
  run: Run,
  nodes: ReadonlyMap<Node, number>,
  starts: ReadonlyMap<Start, number>,
): void {
  writer.uint(run.edge.id);
  writer.uint(starts.get(run.start) as number);
  writer.uint(nodes.get(run.node) as number);
  writer.double(run.deadlineMs);
  writer.uint(run.ordinal);
  for (const register of run.registers) writer.double(register);
}

/** The inverse of `encodeKey`. Throws RecordError for bytes of another program. */
export function decodeKey(
  program: Program,
  key: string,
  bytes: Uint8Array,
  events: readonly EventRecord[],
): KeyState {
  const reader = new ByteReader(bytes);
  const values = parseJson(reader.text());
  if ("error" in values || !Array.isArray(values.value))
    throw new RecordError("a key's values are not a list");
  const state = newKeyState(program, key, values.value as readonly Value[]);
  state.ordinal = reader.uint();
  for (let i = 0; i < state.seen.length; i++) {
    const index = reader.uint();
    state.seen[i] = index === 0 ? null : at(events, index - 1);
  }
  const recent: EventRecord[] = [];
  for (let count = reader.uint(); count > 0; count--) recent.push(at(events, reader.uint()));
  if (recent.length > 0) state.recent = recent;
  const nodes = readNodes(reader, program, events);
  const starts: Start[] = [];
  for (let count = reader.uint(); count > 0; count--)
    starts.push(readStart(reader, state, nodes, events));
  for (let count = reader.uint(); count > 0; count--)
    addRun(state, readRun(reader, program, starts, nodes));
  if (!reader.done) throw new RecordError("a key's state has bytes left over");
  linkExits(state);
  return state;
}

function readStart(
  reader: ByteReader,
  state: KeyState,
  nodes: readonly Node[],
  events: readonly EventRecord[],
): Start {
  const start = newStart(state, at(events, reader.uint()));
  start.matched = reader.byte() === 1;
  list(state, start);
  start.held = readCandidate(reader, start, nodes);
  start.timedOut = readCandidate(reader, start, nodes);
  if (start.held !== null) countHold(state, start);
  return start;
}

function readCandidate(reader: ByteReader, start: Start, nodes: readonly Node[]): Candidate | null {
  const last = reader.uint();
  return last === 0 ? null : { start, last: at(nodes, last - 1), endRank: reader.uint() };
}

function readNodes(
  reader: ByteReader,
  program: Program,
  events: readonly EventRecord[],
): readonly Node[] {
  const nodes: Node[] = [];
  for (let count = reader.uint(); count > 0; count--) {
    const before = reader.uint();
    const leaf: Leaf = at(program.leaves, reader.uint());
    const rank = reader.uint();
    nodes.push(
      extend(before === 0 ? null : at(nodes, before - 1), leaf, rank, at(events, reader.uint())),
    );
  }
  return nodes;
}

function readRun(
  reader: ByteReader,
  program: Program,
  starts: readonly Start[],
  nodes: readonly Node[],
): Run {
  const edge: Edge = at(program.edges, reader.uint());
  const start = at(starts, reader.uint());
  const node = at(nodes, reader.uint());
  const deadlineMs = reader.double();
  const ordinal = reader.uint();
  const registers = program.registers.map(() => reader.double());
  return { start, edge, node, registers, deadlineMs, ordinal, exits: null, dead: false };
}

/** A run that may go on in a loop knows the runs that left it with the same event (dominance). */
function linkExits(state: KeyState): void {
  const left = new Map<Node, Run[]>();
  for (const run of state.runs.flatMap((list) => list ?? []))
    if (run.edge.dominates) left.set(run.node, [...(left.get(run.node) ?? []), run]);
  for (const run of state.runs.flatMap((list) => list ?? []))
    if (run.edge.again) run.exits = left.get(run.node) ?? null;
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RecordError("a key's state refers to what is not there");
  assert(item !== null, "tables hold no null");
  return item;
}
