/**
 * Why the service does not run: what it finds is not what it left, or it cannot have what it needs. Told in full on
 * stderr; the exit code tells supervisors whether trying again may help.
 */

export class RefusalError extends Error {
  override readonly name = "RefusalError";
  /** 2: the rules are invalid. 3: configuration, state or streams do not fit. 1: what must not happen while running. */
  readonly exitCode: 1 | 2 | 3;
  /** What to do, or more of the account, one line each. */
  readonly notes: readonly string[];

  constructor(
    exitCode: 1 | 2 | 3,
    message: string,
    notes: readonly string[] = [],
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
    this.notes = notes;
  }
}

/** The flag that accepts a loss which the start-up checks found. */
export const ACCEPT_FLAG = "--accept-data-loss";

/** The flag that ends the service where it would put a message aside that it dies of. */
export const POISON_FLAG = "--fail-on-poison";
