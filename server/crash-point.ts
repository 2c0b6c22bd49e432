/**
 * Crash points: places in the service's loop where a test can end the process as a power cut of the process would.
 * `SEQUITUR_CRASH=after-commit:3` sends SIGKILL to the own process at the third passage of that point. Without the
 * variable a passage costs one comparison.
 */

/** Every point, in the order of the loop. */
export const CRASH_POINTS = [
  "after-read",
  "before-step",
  "mid-step",
  "after-step",
  "before-commit",
  "mid-commit",
  "after-commit",
  "before-publish",
  "mid-publish",
  "before-ack",
  "after-ack",
  "before-decision",
  "after-decision",
  "before-drain",
  "before-close",
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

interface Plan {
  readonly point: string;
  left: number;
}

const plan = readPlan(process.env["SEQUITUR_CRASH"]);

function readPlan(text: string | undefined): Plan | null {
  const parts = /^([a-z-]+):([1-9]\d*)$/.exec(text ?? "");
  return parts === null ? null : { point: parts[1] as string, left: Number(parts[2]) };
}

/** Passes a point; the process ends here where the variable asks for it. */
export function crashPoint(point: CrashPoint): void {
  if (plan === null || plan.point !== point) return;
  plan.left--;
  if (plan.left === 0) process.kill(process.pid, "SIGKILL");
}

/** As `crashPoint`, one turn of the event loop later: what was written to a socket before is on its way then. */
export function crashAfterTurn(point: CrashPoint): void {
  if (plan !== null && plan.point === point) setImmediate(() => crashPoint(point));
}
