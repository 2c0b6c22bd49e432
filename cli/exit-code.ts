/** Exit codes of all commands. Scripts of others depend on them. */

export const EXIT = {
  ok: 0,
  /** A test failed, or a warning where none is allowed. */
  findings: 1,
  /** The rules have errors. */
  invalidRules: 2,
  /** Wrong use, a file or service that cannot be reached, a state that does not fit. */
  usage: 3,
  /** A broken invariant: a bug of ours (EX_SOFTWARE of sysexits.h). */
  bug: 70,
} as const;

/** What the caller must change: told in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "usage";
}
