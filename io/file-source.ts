/**
 * Lines from a file or from standard input, gzip-compressed or not, in batches. What is read is bounded by the size
 * of a chunk and of the longest line accepted, whatever the file holds.
 */

import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type FileLine, LineSplitter } from "./line-splitter.ts";

export interface LineOptions {
  /** Longest line in bytes, its end not counted; a longer one is reported and passed over. 1 MiB. */
  readonly maxLineBytes?: number;
  /** Most lines of a batch; 1000. */
  readonly batchLines?: number;
  /** Where to begin: the start of a line, as an earlier reading reported it. */
  readonly from?: { readonly byteOffset: number; readonly lineNumber: number };
}

/**
 * Why a file cannot be read.
 *  missing, denied, directory  what the path leads to
 *  not-gzip                    it is called .gz and does not begin as gzip does
 *  damaged                     it ends too early or its checksum is wrong
 *  io                          the system refused for another reason
 */
export type FileErrorCode = "missing" | "denied" | "directory" | "not-gzip" | "damaged" | "io";

export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

const DEFAULT_LINE_BYTES = 1 << 20;
const DEFAULT_BATCH_LINES = 1000;
const CHUNK_BYTES = 256 * 1024;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * The lines of the file at `path`, `-` for standard input; never an empty batch. A byte order mark is no part of the
 * first line. Throws FileError; the lines before the place of a damage are given first.
 */
export async function* readLines(
  path: string,
  options: LineOptions = {},
): AsyncGenerator<readonly FileLine[]> {
  const { maxLineBytes = DEFAULT_LINE_BYTES, batchLines = DEFAULT_BATCH_LINES } = options;
  const { byteOffset, lineNumber } = options.from ?? { byteOffset: 0, lineNumber: 0 };
  let splitter: LineSplitter | null = null;
  try {
    for await (let chunk of plainChunks(path, byteOffset)) {
      if (splitter === null) {
        const marked = byteOffset === 0 && startsWith(chunk, BOM);
        if (marked) chunk = chunk.subarray(BOM.length);
        const start = marked ? BOM.length : byteOffset;
        splitter = new LineSplitter(maxLineBytes, lineNumber, start);
      }
      const lines = splitter.push(chunk);
      for (let i = 0; i < lines.length; i += batchLines) yield lines.slice(i, i + batchLines);
    }
  } catch (error) {
    throw fileError(path, error);
  }
  const last = splitter?.end() ?? null;
  if (last !== null) yield [last];
}

/** The decompressed bytes behind the offset. */
async function* plainChunks(path: string, byteOffset: number): AsyncGenerator<Buffer> {
  const source =
    path === "-" ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const chunks = joined(source as AsyncIterable<Buffer>, Math.max(GZIP_MAGIC.length, BOM.length));
  const first = await chunks.next();
  const head = first.done ? Buffer.alloc(0) : first.value;
  const isGzip = startsWith(head, GZIP_MAGIC);
  if (!isGzip && path.endsWith(".gz")) throw new FileError("not-gzip", `${path} is not gzip data`);
  const all = prepend(head, chunks);
  let skip = byteOffset;
  for await (const chunk of isGzip ? unzipped(all) : all) {
    if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = Math.max(0, skip - chunk.length);
  }
}

/** The chunks, the first ones joined until they have the length, so that a file's first bytes come together. */
async function* joined(chunks: AsyncIterable<Buffer>, headBytes: number): AsyncGenerator<Buffer> {
  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < headBytes) continue;
    yield head;
    head = null;
  }
  if (head !== null && head.length > 0) yield head;
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

async function* unzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const source = Readable.from(chunks);
  source.on("error", (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
  }
}

function startsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.subarray(0, head.length).equals(head);
}

function fileError(path: string, error: unknown): unknown {
  const { name, code } = error as NodeJS.ErrnoException;
  if (name === "FileError" || code === undefined) return error;
  if (code === "ENOENT") return new FileError("missing", `${path} does not exist`, error);
  if (code === "EISDIR") return new FileError("directory", `${path} is a folder`, error);
  if (code === "EACCES") return new FileError("denied", `${path} may not be read`, error);
  if (code.startsWith("Z_")) {
    return new FileError("damaged", `the gzip data of ${path} is damaged or ends too early`, error);
  }
  return new FileError("io", `${path} cannot be read (${code})`, error);
}
