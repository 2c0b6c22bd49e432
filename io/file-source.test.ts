import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type LineOptions, readLines } from "./file-source.ts";
import { type FileLine, LineSplitter } from "./line-splitter.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-file-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function all(path: string, options?: LineOptions): Promise<FileLine[]> {
  const lines: FileLine[] = [];
  for await (const batch of readLines(path, options)) {
    expect(batch.length).toBeGreaterThan(0);
    lines.push(...batch);
  }
  return lines;
}

const texts = (lines: readonly FileLine[]) => lines.map(({ line }) => line);

test.each([
  ["with a final line end", "a\nb\n", ["a", "b"]],
  ["without", "a\nb", ["a", "b"]],
  ["with CR LF", "a\r\nb\r\n", ["a", "b"]],
  ["with a CR at the very end", "a\r", ["a"]],
  ["with empty lines", "\n\na\n\n", ["", "", "a", ""]],
  ["with a byte order mark", "\ufeffa\nb\ufeff", ["a", "b\ufeff"]],
  ["with a lone byte order mark", "\ufeff", []],
  ["empty", "", []],
])("a file %s, plain and compressed", async (name, content, expected) => {
  expect(texts(await all(file(`${name}.ndjson`, content)))).toEqual(expected);
  expect(texts(await all(file(`${name}.ndjson.gz`, gzipSync(content))))).toEqual(expected);
  // Compression is seen by its mark, not by the name.
  expect(texts(await all(file(`${name}.json`, gzipSync(content))))).toEqual(expected);
});

test("numbers, offsets and too long lines", async () => {
  const path = file(
    "long.ndjson",
    `\ufeffab\r\n${"x".repeat(2_000_000)}\né\n12345\n123456\n1234\r\n12345\r\n`,
  );
  expect(await all(path, { maxLineBytes: 5 })).toEqual([
    { line: "ab", tooLong: false, lineNumber: 0, byteOffset: 3 },
    { line: null, tooLong: true, lineNumber: 1, byteOffset: 7 },
    { line: "é", tooLong: false, lineNumber: 2, byteOffset: 2_000_008 },
    { line: "12345", tooLong: false, lineNumber: 3, byteOffset: 2_000_011 },
    { line: null, tooLong: true, lineNumber: 4, byteOffset: 2_000_017 },
    { line: "1234", tooLong: false, lineNumber: 5, byteOffset: 2_000_024 },
    { line: "12345", tooLong: false, lineNumber: 6, byteOffset: 2_000_030 },
  ]);
});

test("malformed UTF-8 is replaced, and a character cut by a chunk is not", () => {
  const splitter = new LineSplitter(100, 0, 0);
  const euro = Buffer.from("€\n");
  expect(splitter.push(euro.subarray(0, 1))).toEqual([]);
  expect(texts(splitter.push(euro.subarray(1)))).toEqual(["€"]);
  expect(texts(splitter.push(Buffer.from([0x61, 0xff, 0xe2, 0x82, 0x0a])))).toEqual([
    "a\ufffd\ufffd",
  ]);
});

test("any way of cutting into chunks gives the same lines, and any line is a place to go on from", () => {
  const content = fc.array(fc.constantFrom("a", "€", "\r", "\n", "\r\n", "bcdef"), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(content, fc.array(fc.nat(6)), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(""));
      const cut = (from: number, lineNumber: number, sizes: readonly number[]): FileLine[] => {
        const splitter = new LineSplitter(6, lineNumber, from);
        const lines: FileLine[] = [];
        let at = from;
        for (const size of sizes) {
          lines.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        lines.push(...splitter.push(bytes.subarray(at)));
        const last = splitter.end();
        return last === null ? lines : [...lines, last];
      };
      const whole = cut(0, 0, []);
      expect(cut(0, 0, cuts)).toEqual(whole);
      whole.forEach((line, i) => {
        expect(cut(line.byteOffset, line.lineNumber, cuts)).toEqual(whole.slice(i));
        const end = bytes.indexOf("\n", line.byteOffset);
        const raw = bytes.subarray(line.byteOffset, end < 0 ? bytes.length : end).toString();
        if (!line.tooLong) expect(line.line).toBe(raw.replace(/\r$/, ""));
        else expect(Buffer.byteLength(raw.replace(/\r$/, ""))).toBeGreaterThan(6);
      });
    }),
    { numRuns: 1000 },
  );
});

test("a big file comes in batches, and reading goes on from any line, compressed or not", async () => {
  const lines = Array.from(
    { length: 20_000 },
    (_, i) => `{"n":${i},"pad":"${"x".repeat(i % 90)}"}`,
  );
  const plain = file("big.ndjson", `${lines.join("\n")}\n`);
  const packed = file("big.ndjson.gz", gzipSync(`${lines.join("\n")}\n`));
  for (const path of [plain, packed]) {
    const read = await all(path, { batchLines: 300 });
    expect(texts(read)).toEqual(lines);
    for await (const batch of readLines(path, { batchLines: 300 })) {
      expect(batch.length).toBeLessThanOrEqual(300);
    }
    const from = read[12_345] as FileLine;
    expect(await all(path, { from })).toEqual(read.slice(12_345));
    // Who stops early leaves nothing open.
    for await (const batch of readLines(path)) {
      expect(batch[0]?.lineNumber).toBe(0);
      break;
    }
  }
});

test("files that cannot be read are told in a sentence", async () => {
  const at = join(folder, "absent.ndjson");
  await expect(all(at)).rejects.toMatchObject({ code: "missing", message: `${at} does not exist` });
  await expect(all(folder)).rejects.toMatchObject({ code: "directory" });
  const fake = file("fake.gz", "a\n");
  await expect(all(fake)).rejects.toMatchObject({
    name: "FileError",
    code: "not-gzip",
    message: `${fake} is not gzip data`,
  });
  const content = Array.from({ length: 50_000 }, (_, i) => String(i * 7919)).join("\n");
  const packed = gzipSync(content);
  const cut = file("cut.gz", packed.subarray(0, packed.length - 5000));
  const seen: FileLine[] = [];
  const reading = (async () => {
    for await (const batch of readLines(cut)) seen.push(...batch);
  })();
  await expect(reading).rejects.toMatchObject({ code: "damaged" });
  expect(seen.length).toBeGreaterThan(10_000);
});

test("standard input, compressed too", async () => {
  const module = new URL("../dist/io/file-source.js", import.meta.url).href;
  const script = `
    import { readLines } from ${JSON.stringify(module)};
    for await (const batch of readLines("-")) for (const { line } of batch) process.stdout.write("<" + line + ">");`;
  for (const input of [Buffer.from("one\ntwo"), gzipSync("one\ntwo")]) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    child.stdin?.write(input.subarray(0, 1));
    setTimeout(() => child.stdin?.end(input.subarray(1)), 50);
    let output = "";
    for await (const chunk of child.stdout ?? []) output += chunk;
    expect(output).toBe("<one><two>");
  }
});
