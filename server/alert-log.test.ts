import { expect, test } from "@jest/globals";
import { align, type FoundEnd, type OutboxRange } from "./alert-log.ts";

const payload = (text: string) => new TextEncoder().encode(text);

/** Records `first` to `next - 1` are in the outbox, each with its number as payload. */
function outbox(first: number, next: number): OutboxRange {
  return {
    firstStored: first,
    next,
    stored: (number) =>
      number < first || number >= next
        ? null
        : {
            number,
            subject: "s",
            id: "",
            version: "",
            positions: "",
            rules: "",
            payload: payload(String(number)),
          },
  };
}

/** The stream ends at `seq` with the record `number`; null: with a message of somebody else. */
function end(seq: number, number: number | null, text = String(number)): FoundEnd {
  const headers = number === null ? [] : [["Sequitur-Out", String(number)] as const];
  return {
    created: "c",
    firstSeq: 1,
    lastSeq: seq,
    message: { seq, data: payload(text), headers },
  };
}

const empty = (lastSeq: number): FoundEnd => ({
  created: "c",
  firstSeq: lastSeq + 1,
  lastSeq,
  message: null,
});
const stored = { created: "c", base: 10, next: 8 };

test("a new folder begins behind what is gone from the stream, and builds anew what an engine has left in it", () => {
  expect(align(null, outbox(1, 1), empty(0))).toEqual({
    kind: "aligned",
    base: 0,
    acked: 0,
    next: 1,
  });
  expect(align(null, outbox(1, 1), empty(7))).toMatchObject({ kind: "aligned", base: 7, acked: 0 });
  expect(align(null, outbox(1, 1), end(7, 5))).toMatchObject({
    kind: "behind",
    base: 2,
    to: 5,
    accepted: { base: 2, acked: 5, next: 6 },
  });
});

test("the last record tells where to go on, wherever the acknowledgement got lost", () => {
  for (const number of [2, 5, 7]) {
    expect(align(stored, outbox(3, 8), end(10 + number, number))).toEqual({
      kind: "aligned",
      base: 10,
      acked: number,
      next: 8,
    });
  }
  expect(align(stored, outbox(3, 8), empty(15))).toMatchObject({ kind: "aligned", acked: 5 });
});

test("a stream that went back behind the outbox is refused, with what an operator gives up", () => {
  expect(align(stored, outbox(5, 8), end(12, 2))).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("the broker lost what it had acknowledged"),
    accepted: { base: 8, acked: 4, next: 8, loss: "records 3 to 4 of the alert stream" },
  });
});

test("a folder that a stream is ahead of is behind", () => {
  expect(align(stored, outbox(3, 8), end(18, 8))).toMatchObject({
    kind: "behind",
    base: 10,
    to: 8,
    reason: expect.stringContaining("the folder is an old copy"),
    accepted: { base: 10, acked: 8, next: 9 },
  });
});

test("a new folder does not begin behind a message of somebody else: records of ours may stand before it", () => {
  expect(align(null, outbox(1, 1), end(7, null))).toMatchObject({
    kind: "refused",
    accepted: { base: 7, acked: 0, next: 1 },
  });
});

test("what somebody else wrote is refused, and no flag helps", () => {
  const other = { kind: "refused", accepted: null };
  expect(align(stored, outbox(3, 8), end(15, null))).toMatchObject(other);
  expect(align(stored, outbox(3, 8), end(16, 5))).toMatchObject(other);
  expect(align(stored, outbox(3, 8), end(15, 5, "another text"))).toMatchObject(other);
});

test("a stream made anew gets everything again while the outbox has it", () => {
  const made = { ...empty(0), created: "later" };
  expect(align(stored, outbox(1, 8), made)).toEqual({
    kind: "aligned",
    base: 0,
    acked: 0,
    next: 8,
  });
  // Records in a stream that is not ours are another engine's.
  const foreign = { ...end(3, 3), created: "later" };
  expect(align(stored, outbox(1, 8), foreign)).toMatchObject({ kind: "refused", accepted: null });
  expect(align(stored, outbox(4, 8), made)).toMatchObject({
    kind: "refused",
    accepted: { base: -3, acked: 3, next: 8 },
  });
});
