import { expect, test } from "@jest/globals";
import { sha256Hex } from "../base/hash.ts";
import { ipVersion, isPrivate, parseCidr } from "./cidr.ts";
import { compileRegex } from "./regex.ts";
import { formatProblem, isZone, parseTime, zoned } from "./zone.ts";

function contains(range: string, ip: string): boolean | null | string {
  const parsed = parseCidr(range);
  return parsed.error === null ? parsed.contains(ip) : parsed.error;
}

test("ranges compare addresses as numbers", () => {
  expect(contains("10.0.0.0/8", "10.255.0.1")).toBe(true);
  expect(contains("10.0.0.0/8", "11.0.0.1")).toBe(false);
  expect(contains("10.128.0.0/9", "10.127.255.255")).toBe(false);
  expect(contains("10.128.0.0/9", "10.128.0.0")).toBe(true);
  expect(contains("0.0.0.0/0", "1.2.3.4")).toBe(true);
  expect(contains("0.0.0.0/0", "::1")).toBe(false);
  expect(contains("fd00::/8", "fd12::1")).toBe(true);
  expect(contains("fd00::/8", "fe12::1")).toBe(false);
  expect(contains("192.168.1.7", "192.168.1.7")).toBe(true);
});

test("an IPv4-mapped address is in the ranges of its IPv4 address, and a mapped range too", () => {
  expect(contains("10.0.0.0/8", "::ffff:10.1.2.3")).toBe(true);
  expect(contains("::ffff:10.0.0.0/104", "10.1.2.3")).toBe(true);
  expect(contains("::ffff:10.0.0.0/104", "11.1.2.3")).toBe(false);
  expect(ipVersion("::ffff:10.1.2.3")).toBe(6);
});

test("what is no address is unknown, and no range is an error", () => {
  expect(contains("10.0.0.0/8", "ana")).toBeNull();
  expect(contains("10.0.0.0/8", "10.1")).toBeNull();
  expect(contains("10.0.0.0/8", "010.0.0.1")).toBeNull();
  expect(contains("10.0.0.0/33", "10.0.0.1")).toContain("0 to 32");
  expect(contains("10.0.0/8", "10.0.0.1")).toContain("no address");
  expect(ipVersion("")).toBeNull();
});

test("private addresses", () => {
  for (const ip of [
    "10.1.1.1",
    "172.31.0.1",
    "192.168.0.1",
    "127.0.0.1",
    "fe80::1",
    "fd00::1",
    "::1",
  ]) {
    expect([ip, isPrivate(ip)]).toEqual([ip, true]);
  }
  for (const ip of ["8.8.8.8", "172.32.0.1", "2001:4860::1", "::2"]) {
    expect([ip, isPrivate(ip)]).toEqual([ip, false]);
  }
  expect(isPrivate("nowhere")).toBeNull();
});

test("regular expressions match anywhere, and bad ones give a reason", () => {
  const digits = compileRegex("[0-9]+x", false);
  expect(digits.error === null && digits.test("ab12x")).toBe(true);
  expect(digits.error === null && digits.test("ab12X")).toBe(false);
  const caseless = compileRegex("[0-9]+x", true);
  expect(caseless.error === null && caseless.test("ab12X")).toBe(true);
  expect(compileRegex("(a", false).error).toContain("missing closing )");
  expect(compileRegex("(?=a)", false).error).toBeTruthy();
  expect(compileRegex("(a)\\1", false).error).toBeTruthy();
  expect(compileRegex("a".repeat(513), false).error).toContain("512");
});

test("a hostile expression takes linear time", () => {
  const regex = compileRegex("(a+)+$", false);
  expect(regex.error === null && regex.test(`${"a".repeat(8000)}b`)).toBe(false);
});

test("calendar times in a zone, with its summer time", () => {
  const noon = Date.UTC(2024, 6, 1, 22, 30);
  expect(zoned(noon, "UTC")).toEqual({ hour: 22, dayOfWeek: 1, date: "2024-07-01" });
  expect(zoned(noon, "Europe/Berlin")).toEqual({ hour: 0, dayOfWeek: 2, date: "2024-07-02" });
  expect(zoned(noon, "Europe/Atlantis")).toBeNull();
  expect([isZone("Europe/Berlin"), isZone("UTC"), isZone("Berlin")]).toEqual([true, true, false]);
});

test("texts as times", () => {
  expect(parseTime("2024-07-01T00:00:00Z", null, null)).toBe(Date.UTC(2024, 6, 1));
  expect(parseTime("2024-07-01t00:00:00.250+02:00", null, null)).toBe(
    Date.UTC(2024, 5, 30, 22, 0, 0, 250),
  );
  expect(parseTime("2024-07-01 00:00:00", null, "Europe/Berlin")).toBe(Date.UTC(2024, 5, 30, 22));
  expect(parseTime("12:30", null, null)).toBeNull();
  expect(parseTime("2024", null, null)).toBeNull();
  expect(parseTime("2024-13-01", null, null)).toBeNull();
  expect(parseTime("01/Jul/2024:10:00:00 +0000", "dd/MMM/yyyy:HH:mm:ss ZZZ", null)).toBe(
    Date.UTC(2024, 6, 1, 10),
  );
  expect(parseTime("10:00", "HH:mm", null)).toBeNull();
  expect(formatProblem("HH:mm")).toContain("no year");
  expect(formatProblem("yyyy-MM-dd")).toBeNull();
});

test("sha256Hex hashes UTF-8", () => {
  expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256Hex("é")).toBe("4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
});
