/**
 * Watching a folder of rules. Door of the package `chokidar`, whose events are hints only: what counts is a signature
 * of the folder, looked at after every hint and every few seconds. So nothing is missed where the file system gives no
 * events, or too few, and a folder that went away is seen when it comes back.
 *
 * Invariants
 *  W1  A change is told once the folder was the same for `settleMs`: not while an editor writes.
 *  W2  A file without a byte counts as being written until it is two seconds old.
 */

import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FSWatcher, watch } from "chokidar";

/** What a folder looks like: equal where names, sizes and times of its files are. */
export type FolderSignature =
  | { readonly kind: "ok"; readonly text: string /** W2 */; readonly unfinished: boolean }
  | { readonly kind: "error"; readonly reason: string };

export interface FolderWatchOptions {
  /** A folder with everything below it, or one file. */
  readonly path: string;
  /** Further files, perhaps outside of the folder. */
  readonly more: () => readonly string[];
  /** The folder has changed and came to rest. */
  readonly onChange: () => void;
  /** The folder cannot be read; null once it can be again. Told once per change. */
  readonly onTrouble: (reason: string | null) => void;
  readonly settleMs?: number;
  /** How often the folder is looked at without a hint. */
  readonly everyMs?: number;
}

const SETTLE_MS = 200;
const EVERY_MS = 2000;
const EMPTY_FILE_MS = 2000;
/** Numbers of file systems that tell of no changes made elsewhere: NFS, SMB, CIFS, SMB2, FUSE, 9p, VirtualBox. */
const WITHOUT_EVENTS = [0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x786f4256];

/** The signature of a folder, or of one file, with further files. */
export function folderSignature(path: string, more: readonly string[] = []): FolderSignature {
  const lines: string[] = [];
  const nowMs = Date.now();
  let unfinished = false;
  const add = (name: string, file: string): void => {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) return;
    lines.push(`${name} ${stat.size} ${stat.mtimeMs} ${stat.ino}`);
    if (stat.size === 0 && nowMs - stat.mtimeMs < EMPTY_FILE_MS) unfinished = true;
  };
  try {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
        add(name, join(path, name));
      }
    } else add("", path);
    for (const file of more) add(file, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "is gone" : `cannot be read (${code})`;
    return { kind: "error", reason: `${path} ${what}` };
  }
  return { kind: "ok", text: lines.join("\n"), unfinished };
}

export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #settleMs: number;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** The signature last told or, at first, given; null: the next one is told in any case. */
  #known: string | null;
  #resting: string | null = null;
  #trouble: string | null = null;
  #closed = false;

  /** `known`: the folder as the caller has read it already. */
  constructor(options: FolderWatchOptions, known: string | null) {
    this.#options = options;
    this.#settleMs = options.settleMs ?? SETTLE_MS;
    this.#known = known;
    this.#listen(!givesEvents(options.path));
    this.#wait(this.#settleMs);
  }

  #listen(usePolling: boolean): void {
    const watcher = watch(this.#options.path, {
      ignoreInitial: true,
      usePolling,
      interval: this.#settleMs,
      ignorePermissionErrors: true,
    });
    this.#watcher = watcher;
    watcher.on("all", () => this.#hint());
    watcher.on("error", (error) => {
      const { code } = error as NodeJS.ErrnoException;
      // The system has no watches left.
      if ((code !== "ENOSPC" && code !== "EMFILE") || usePolling || this.#closed) return;
      void watcher.close();
      this.#listen(true);
    });
  }

  /** Something may have changed: the folder must come to rest from here. */
  #hint(): void {
    this.#resting = null;
    this.#wait(this.#settleMs);
  }

  #wait(durationMs: number): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), durationMs);
    this.#timer.unref();
  }

  #look(): void {
    const { path, more, onChange } = this.#options;
    const found = folderSignature(path, more());
    const everyMs = this.#options.everyMs ?? EVERY_MS;
    if (found.kind === "error") {
      this.#resting = null;
      // What comes back is told even where it looks the same.
      this.#known = null;
      this.#tell(found.reason);
      this.#wait(Math.min(everyMs, this.#settleMs * 2));
      return;
    }
    this.#tell(null);
    if (found.text === this.#known) {
      this.#wait(everyMs);
    } else if (found.text !== this.#resting || found.unfinished) {
      this.#resting = found.text;
      this.#wait(this.#settleMs);
    } else {
      this.#known = found.text;
      this.#wait(everyMs);
      onChange();
    }
  }

  #tell(reason: string | null): void {
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    this.#options.onTrouble(reason);
  }

  /** What was told last could not be used as it was read: the folder is told again once it rests. */
  again(): void {
    this.#known = null;
    this.#hint();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#watcher?.close();
  }
}

function givesEvents(path: string): boolean {
  try {
    return !WITHOUT_EVENTS.includes(statfsSync(path).type);
  } catch {
    return false;
  }
}
