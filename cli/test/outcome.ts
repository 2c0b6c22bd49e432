/** What is told of each test, in all formats. */

import type { TestPlan } from "../../dsl/plan.ts";
import type { TestOutcome } from "../../rules/test-runner.ts";

/** A test's outcome and how long it took. */
export interface TimedOutcome extends TestOutcome {
  readonly seconds: number;
}

/** The name by which a test is chosen and shown. */
export function testName({ rule, title }: TestPlan): string {
  return rule === null ? title : `${rule}: ${title}`;
}
