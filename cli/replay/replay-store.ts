/**
 * What a replay keeps in its state folder beside the engine's state, in the same transactions: how far each file was
 * read, and the outputs that were decided and not yet written (the outbox).
 *
 * Outputs are written after the commit that holds them, and removed from the outbox at once. A replay that is killed
 * between the two writes them again when it goes on: at least once, with the same alert id.
 *
 * Space "replay": sha256 of the path -> JSON {format, path, …position}. Space "replay-outbox": u64 -> JSON {kind, text}.
 */

import { sha256Hex } from "../../base/hash.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Store, StoreChange } from "../../state/store.ts";
import { UsageError } from "../exit-code.ts";
import type { InputFile, InputPosition } from "./input-file.ts";

/** An output as it is written: the JSON that the engine made. */
export interface ReplayOutput {
  readonly kind: "alert" | "late";
  readonly text: string;
}

interface StoredPosition extends InputPosition {
  readonly format: number;
  readonly path: string;
}

const FILES = "replay";
const OUTBOX = "replay-outbox";
const FORMAT = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ReplayStore {
  readonly #store: Store;
  #next = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Has any file been read into this state? */
  get begun(): boolean {
    for (const _ of this.#store.scan(FILES, { limit: 1 })) return true;
    return false;
  }

  /** The stored position of a file, or null. Throws UsageError for one of another kind. */
  position(path: string, sorted: boolean): InputPosition | null {
    const bytes = this.#store.get(FILES, fileKey(path));
    if (bytes === null) return null;
    const stored = JSON.parse(decoder.decode(bytes)) as StoredPosition;
    if (stored.format !== FORMAT)
      throw new UsageError("--state: made by another version of sequitur");
    if (stored.sorted === sorted) return stored;
    throw new UsageError(`--state: ${path} was read ${sorted ? "without" : "with"} --sort before`);
  }

  /** What was decided, and perhaps not written, when the last run ended. */
  unwritten(): readonly ReplayOutput[] {
    const outputs: ReplayOutput[] = [];
    for (const { key, value } of this.#store.scan(OUTBOX)) {
      outputs.push(JSON.parse(decoder.decode(value)) as ReplayOutput);
      this.#next = Number(new DataView(key.buffer, key.byteOffset).getBigUint64(0)) + 1;
    }
    return outputs;
  }

  /** One transaction: the engine's changes, the outputs, and how far the files were read. */
  commit(engine: Engine, outputs: readonly ReplayOutput[], files: readonly InputFile[]): void {
    const changes: StoreChange[] = [...engine.takeChanges()];
    for (const output of outputs) {
      const value = encoder.encode(JSON.stringify(output));
      changes.push({ space: OUTBOX, key: outboxKey(this.#next++), value });
    }
    for (const file of files) {
      const position = file.position();
      const { path } = file.spec;
      if (position === null) continue;
      const value = encoder.encode(JSON.stringify({ format: FORMAT, path, ...position }));
      changes.push({ space: FILES, key: fileKey(path), value });
    }
    this.#store.commit(changes);
  }

  /** The outputs of all commits until now were written. */
  written(): void {
    const changes: StoreChange[] = [];
    for (const { key } of this.#store.scan(OUTBOX))
      changes.push({ space: OUTBOX, key, value: null });
    if (changes.length > 0) this.#store.commit(changes);
  }
}

function fileKey(path: string): Uint8Array {
  return encoder.encode(sha256Hex(path));
}

function outboxKey(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, BigInt(number));
  return key;
}
