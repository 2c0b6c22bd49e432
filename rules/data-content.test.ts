import { expect, test } from "@jest/globals";
import { readList, readTable } from "./data-content.ts";

test("a list of numbers, as JSON writes them", () => {
  const { content } = readList("ports.txt", "17\n-0.5\n9007199254740993\n", null);
  expect(content).toEqual({ kind: "list", items: [17, -0.5, 9007199254740993n] });
});

test("a text list holds one item a line, all texts where one is no number", () => {
  const text = '# known bad\n\n 10.0.0.1 \neve\n17\n007\n-0.5\n"17"\n9007199254740993\ntrue\n';
  expect(readList("bad.txt", text, null)).toEqual({
    content: {
      kind: "list",
      items: ["10.0.0.1", "eve", "17", "007", "-0.5", "17", "9007199254740993", "true"],
    },
    problems: [],
  });
});

test("a list from CSV takes a column by name, or the first one", () => {
  const text = 'ip,note\n10.0.0.1,a\n,b\n"",c\n10.0.0.2\n';
  expect(readList("bad.csv", text, null).content).toEqual({
    kind: "list",
    items: ["10.0.0.1", "", "10.0.0.2"],
  });
  expect(readList("bad.csv.gz", text, "note").content).toMatchObject({ items: ["a", "b", "c"] });
  expect(readList("bad.csv", text, "nots").problems).toEqual([
    { kind: "column", line: null, text: "it has the columns `ip`, `note`" },
  ]);
});

test("a table from CSV", () => {
  const text = 'device,owner,floor\nd1,ana,3\nd2,,"3"\n,nobody,1\nd1,eve\nd3,x,1,2\n';
  const { content, problems } = readTable("devices.csv", text, "device");
  expect(content).toEqual({
    kind: "table",
    rows: [
      { key: "d1", row: { device: "d1", owner: "ana", floor: 3 } },
      { key: "d2", row: { device: "d2", owner: null, floor: "3" } },
      { key: "d1", row: { device: "d1", owner: "eve", floor: null } },
      { key: "d3", row: { device: "d3", owner: "x", floor: 1 } },
    ],
  });
  expect(problems.map(({ kind, line }) => [kind, line])).toEqual([
    ["cells", 6],
    ["no key", 4],
    ["twice", 5],
  ]);
});

test("a table from NDJSON", () => {
  const text = '{"id":1,"a":{"b":2}}\n\n{"id":null}\n{"id":[1]}\n[1]\n{"id":\n{"id":1.0}\n';
  const { content, problems } = readTable("t.ndjson", text, "id");
  expect(content).toMatchObject({ rows: [{ key: 1, row: { a: { b: 2 } } }, { key: 1 }] });
  expect(problems.map(({ kind, line }) => [kind, line])).toEqual([
    ["unreadable", 5],
    ["unreadable", 6],
    ["no key", 3],
    ["no key", 4],
    ["twice", 7],
  ]);
});

test.each([
  ["empty.txt", "# nothing\n", "empty"],
  ["empty.csv", "", "unreadable"],
  ["header.csv", "a,b\n", "empty"],
  ["twice.csv", "a,a\n1,2\n", "unreadable"],
  ["broken.csv", 'a\n"b\n', "unreadable"],
])("%s is told", (file, text, kind) => {
  expect(readList(file, text, null).problems.map((problem) => problem.kind)).toEqual([kind]);
});
