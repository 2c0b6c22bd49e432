import { expect, test } from "@jest/globals";
import { type FoundFeed, judgeFeed } from "./feed-check.ts";

const stored = { name: "EVENTS", created: "c", position: 10, storedMs: 5, checksum: 6 };
const found: FoundFeed = {
  created: "c",
  firstSeq: 1,
  lastSeq: 20,
  message: { storedMs: 5, checksum: 6 },
};

test("the same stream, also where the message at the position has expired", () => {
  expect(judgeFeed(stored, found)).toEqual({ kind: "same" });
  expect(judgeFeed(stored, { ...found, firstSeq: 11, message: null })).toEqual({ kind: "same" });
  expect(judgeFeed({ ...stored, position: 0 }, { ...found, firstSeq: 7, message: null })).toEqual({
    kind: "same",
  });
});

test.each([
  ["made anew", { created: "d", firstSeq: 3 }, { position: 2, from: 11, to: 2 }],
  ["gone back", { lastSeq: 8, message: null }, { position: 8, from: 9, to: 10 }],
  ["rewritten", { message: { storedMs: 5, checksum: 7 } }, { position: 10, from: 10, to: 10 }],
  [
    "rewritten later",
    { message: { storedMs: 9, checksum: 6 } },
    { position: 10, from: 10, to: 10 },
  ],
  ["expired unread", { firstSeq: 13, message: null }, { position: 12, from: 11, to: 12 }],
])("a stream that was %s is lost", (_name, difference, expected) => {
  expect(judgeFeed(stored, { ...found, ...difference })).toMatchObject({
    kind: "lost",
    ...expected,
  });
});
