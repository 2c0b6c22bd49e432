import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { type ReadTime, readRfc3339 } from "./rfc3339.ts";

function read(text: string): ReadTime | null {
  const out: ReadTime = { ms: 0, frac: 0, local: false };
  return readRfc3339(text, out) ? out : null;
}

test("times of the calendar are read as the platform reads them", () => {
  const random = new Random(7);
  for (let i = 0; i < 3000; i++) {
    const ms = random.below(253_402_300_799) * 1000 + random.below(1000) - 62_135_596_800_000;
    if (ms > 253_402_300_799_999) continue;
    const text = new Date(ms).toISOString();
    expect([text, read(text)]).toEqual([text, { ms, frac: 0, local: false }]);
  }
});

test("fractions of any length, offsets and no offset", () => {
  const ms = Date.UTC(2013, 11, 16, 15, 25, 0);
  expect(read("2013-12-16T15:25:00Z")).toEqual({ ms, frac: 0, local: false });
  expect(read("2013-12-16t15:25:00z")).toEqual({ ms, frac: 0, local: false });
  expect(read("2013-12-16 15:25:00")).toEqual({ ms, frac: 0, local: true });
  expect(read("2013-12-16T15:25:00.5Z")?.ms).toBe(ms + 500);
  expect(read("2013-12-16T15:25:00.123456Z")).toEqual({ ms: ms + 123, frac: 0.456, local: false });
  expect(read("2013-12-16T15:25:00.1230000000001+02:00")?.ms).toBe(ms + 123 - 7_200_000);
  expect(read("2013-12-16T15:25:00-0530")?.ms).toBe(ms + 5.5 * 3_600_000);
  expect(read("2016-12-31T23:59:60.25Z")?.ms).toBe(Date.UTC(2017, 0, 1) + 250);
  expect(read("2024-02-29T00:00:00Z")?.ms).toBe(Date.UTC(2024, 1, 29));
});

test("what is no time is refused", () => {
  for (const text of [
    "",
    "2013-12-16",
    "2013-12-16T15:25Z",
    "2013-02-29T00:00:00Z",
    "2013-13-01T00:00:00Z",
    "2013-12-16T24:00:00Z",
    "2013-12-16T15:25:61Z",
    "2013-12-16T15:25:00.Z",
    "2013-12-16T15:25:00ZZ",
    "2013-12-16T15:25:00+2",
    "2013-12-16T15:25:00+25:00",
    "2013-12-1 T15:25:00Z",
    "20x3-12-16T15:25:00Z",
    "Mon Dec 16 15:25:00 2013",
  ]) {
    expect([text, read(text)]).toEqual([text, null]);
  }
});
