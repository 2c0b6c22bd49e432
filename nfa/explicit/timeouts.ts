/** `on timeout` (M-17): which partial match stands for a start of which all have run out of time. */

import type { Program } from "../program.ts";
import { compareCandidates } from "./preference.ts";
import type { Candidate, Node, Start } from "./run.ts";

/**
 * A partial match ran out of time. Keeps it for its start if it came to a later element than the one kept so far, or
 * as far and is preferred. Says whether it may be reported: not before the step that `after` names.
 */
export function noteTimeout(program: Program, candidate: Candidate): boolean {
  const { timeoutAfter } = program;
  if (timeoutAfter === undefined) return false;
  const { start } = candidate;
  if (timeoutAfter !== null && !passed(candidate, timeoutAfter)) return start.timedOut !== null;
  if (start.timedOut === null || furtherThan(candidate, start.timedOut)) start.timedOut = candidate;
  return true;
}

/** The starts among these that have nothing left and never had a match, in order. */
export function timedOut(starts: Iterable<Start>): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const start of starts)
    if (start.runs === 0 && !start.matched && start.timedOut !== null)
      candidates.push(start.timedOut);
  return candidates.sort(compareCandidates);
}

/** Has the step that `label` names as many events as it must have? */
function passed(candidate: Candidate, label: number): boolean {
  for (let node: Node | null = candidate.last; node !== null; node = node.other) {
    const { step } = node.leaf;
    if (step?.label === label && node.labelCount >= step.quantity.min) return true;
  }
  return false;
}

function furtherThan(a: Candidate, b: Candidate): boolean {
  const element = (candidate: Candidate): number => candidate.last.leaf.step?.index ?? -1;
  return (element(a) - element(b) || compareCandidates(b, a)) > 0;
}
