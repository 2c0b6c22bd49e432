import { expect, test } from "@jest/globals";
import { subjectMatches } from "./subject.ts";

test.each([
  ["events.auth", "events.auth", true],
  ["events.auth", "events.auth.login", false],
  ["events.auth.login", "events.auth", false],
  ["events.*", "events.auth", true],
  ["events.*", "events.auth.login", false],
  ["events.*.login", "events.auth.login", true],
  ["*.auth.>", "events.auth.login.failed", true],
  ["events.>", "events.auth", true],
  ["events.>", "events", false],
  [">", "events", true],
  ["events.a*", "events.auth", false],
  ["events.>.login", "events.auth.login", false],
  ["events.auth", "Events.auth", false],
])("%s and %s: %s", (pattern, subject, fits) => {
  expect(subjectMatches(pattern, subject)).toBe(fits);
});
