import { expect, test } from "@jest/globals";
import {
  bucketsOf,
  bundleHash,
  bundleOf,
  bundleReader,
  bundleText,
  collectBundle,
  joinPath,
} from "./rule-bundle.ts";
import type { RuleFileReader } from "./rule-files.ts";
import { loadRules } from "./rule-set.ts";

const RULES = `stream auth from "auth" { time t }
list BAD from "../lists/bad.txt"
table OWNERS from kv "owners" key host
list SEEN from kv "seen"
rule r.one "One" {
  severity low
  match by user within 1m { a: auth where user in BAD and OWNERS[host].team == "blue" and ip in SEEN }
}
test "one" for r.one { from "case.ndjson"  expect none }
`;

const FILES: Readonly<Record<string, readonly string[]>> = {
  "../lists/bad.txt": ["eve", "mallory"],
  "case.ndjson": [`{"t":"2026-01-01T00:00:00Z","user":"bob"}`],
};

const reader: RuleFileReader = {
  readLines: (_, file) => ({ lines: FILES[file] ?? [] }),
  readBucket: (bucket) => ({
    entries:
      bucket === "owners"
        ? [
            { key: "web1", text: `{"team":"blue"}` },
            { key: "7", text: `{"team":"red"}` },
          ]
        : [
            { key: "10.0.0.1", text: "" },
            { key: "b", text: "17" },
          ],
  }),
};

const options = { todayMs: 0, recordings: true };
const sources = [{ file: "sets/a.seq", text: RULES }];

test("a bundle holds all that the set names, and reads as the folder did", () => {
  const { bundle, loaded } = collectBundle(sources, reader, options);
  expect(loaded.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(bundle.data).toEqual([
    { file: "lists/bad.txt", text: "eve\nmallory\n" },
    { file: "sets/case.ndjson", text: `${FILES["case.ndjson"]?.[0]}\n` },
  ]);
  expect(bundle.buckets.map(({ bucket }) => bucket)).toEqual(["owners", "seen"]);
  const again = bundleOf(JSON.parse(bundleText(bundle)));
  expect(again).toEqual({ bundle });
  const read = loadRules(bundle.files, { reader: bundleReader(bundle), todayMs: 0 });
  expect(read.set?.contents).toEqual(loaded.set?.contents);
});

test("entries of buckets are the value, else the key; tables take the key from the entry", () => {
  const { loaded } = collectBundle(sources, reader, options);
  expect(loaded.set?.contents.get("SEEN")).toEqual({ kind: "list", items: ["10.0.0.1", "17"] });
  expect(loaded.set?.contents.get("OWNERS")).toEqual({
    kind: "table",
    rows: [
      { key: "7", row: { team: "red", host: "7" } },
      { key: "web1", row: { team: "blue", host: "web1" } },
    ],
  });
});

test("a row that is no object is an error, an unknown bucket a warning", () => {
  const broken: RuleFileReader = {
    ...reader,
    readBucket: () => ({ entries: [{ key: "k", text: "[1]" }] }),
  };
  const told = (one: RuleFileReader): string[] =>
    loadRules(sources, { reader: one, todayMs: 0 })
      .diagnostics.map(({ code }) => code)
      .filter((code) => /07/.test(code));
  expect(told(broken)).toContain("E0703");
  expect(told({ readLines: reader.readLines })).toEqual(["W0705", "W0705"]);
  expect(told({ ...reader, readBucket: () => ({ error: "it is away" }) })).toEqual([
    "E0701",
    "E0701",
  ]);
});

test("the hash is of the contents, not of their order; buckets count apart", () => {
  const { bundle } = collectBundle(sources, reader, options);
  const more = { file: "b.seq", text: "" };
  const one = bundleOf({ files: [more, ...bundle.files], data: [] });
  const other = bundleOf({ files: [...bundle.files, more] });
  if ("error" in one || "error" in other) throw new Error("both are bundles");
  expect(bundleHash(one.bundle)).toBe(bundleHash(other.bundle));
  expect(bundleHash(bundle, false)).toBe(bundleHash({ ...bundle, buckets: [] }));
  expect(bundleHash(bundle)).not.toBe(bundleHash({ ...bundle, buckets: [] }));
});

test("what is no bundle is told", () => {
  for (const value of [
    null,
    {},
    { files: [] },
    { files: [{ file: "a" }] },
    { files: sources, data: 1 },
  ])
    expect(bundleOf(value)).toHaveProperty("error");
  expect(bundleOf({ files: [...sources, ...sources] })).toEqual({ error: "it has a file twice" });
});

test("buckets are found without compiling, paths are joined as folders have them", () => {
  expect(bucketsOf(sources)).toEqual(["owners", "seen"]);
  expect(bucketsOf([{ file: "a.seq", text: "# nothing from kv here" }])).toEqual([]);
  expect(joinPath("a/b.seq", "./c/../d.csv")).toBe("a/d.csv");
  expect(joinPath("a.seq", "../../x.csv")).toBe("../../x.csv");
  expect(joinPath("a.seq", "/etc/x.csv")).toBe("/etc/x.csv");
});
