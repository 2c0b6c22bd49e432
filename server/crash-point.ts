/**
 * Crash points: places in the service's loop where a test can end the process as a power cut of the process would.
 * `SEQUITUR_CRASH=after-commit:3` sends SIGKILL to the own process at the third passage of that point. Without the
 * variable a passage costs one comparison.
 */

/** Every point, in the order of the loop. */
export const CRASH_POINTS = [
  "after-open",
  "before-first-commit",
  "after-first-commit",
  "before-replay",
  "mid-replay",
  "after-replay",
  "before-read",
  "after-fetch",
  "after-read",
  "before-step",
  "mid-step",
  "after-step",
  "before-stage",
  "before-commit",
  "mid-commit",
  "after-commit",
  "after-outbox",
  "before-publish",
  "mid-publish",
  "before-ack",
  "after-ack",
  "before-decision",
  "after-decision",
  "before-activate",
  "after-activate",
  "before-drain",
  "after-drain",
  "before-close",
  "after-close",
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

/**
 * A message that holds this text ends the process while it is stepped: `SEQUITUR_POISON=throw:TEXT` by an exception,
 * `abort:TEXT` by a signal that nobody catches.
 */
const poison = /^(throw|abort):(.+)$/.exec(process.env["SEQUITUR_POISON"] ?? "");

export function poisonPoint(data: Uint8Array): void {
  if (poison === null) return;
  const [, way, text = ""] = poison;
  if (!Buffer.from(data.buffer, data.byteOffset, data.length).includes(text)) return;
  if (way === "abort") process.abort();
  throw new Error("a message that throws, for a test");
}
