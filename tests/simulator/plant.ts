/**
 * Bugs that a simulation can have planted into what lies below the service, to see that it would find them. They stand
 * for mistakes of the service that look the same from outside.
 *
 *  early-publish   commits return before they are durable: what is published may lack its commit after a loss of power
 *  forgets-end     the service resumes behind what it remembers, and not behind what the alert stream has
 *  blind-reader    deliveries are numbered anew by whoever receives them, so that a lost one is not missed
 *  split-commit    the feeds' positions are committed with the commit after the one that they belong to
 *  never-idle      no silence is long enough to be recorded
 *  still-clock     silence is recorded, and what the wall clock makes due in it is not
 */
export type Plant =
  | "none"
  | "early-publish"
  | "forgets-end"
  | "blind-reader"
  | "split-commit"
  | "never-idle"
  | "still-clock";

export const PLANTS: readonly Plant[] = [
  "early-publish",
  "forgets-end",
  "blind-reader",
  "split-commit",
  "never-idle",
  "still-clock",
];
