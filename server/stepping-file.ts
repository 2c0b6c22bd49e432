/**
 * Which message is being stepped, written down where it outlives the process: a message that ends the process each time
 * is to be found out (poison.ts). The file is there while the service runs, so that one that is found tells of an end
 * without order. A mark costs one write without flushing: it is for the death of the process, not of the machine.
 */

import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A message, by the sequence in its JetStream stream. */
export interface StepMark {
  readonly stream: string;
  readonly seq: number;
}

/** What the process before this one left. */
export interface LeftBehind {
  /** Did it end in order? */
  readonly clean: boolean;
  /** The message under way at its end; null where none is known. */
  readonly mark: StepMark | null;
}

export interface SteppingFile {
  readonly left: LeftBehind;
  /** What was left is taken notice of: forgets it. Nothing is marked before. */
  begin(): void;
  /** This message is about to be stepped. */
  mark(mark: StepMark): void;
  /** It was stepped. */
  clear(): void;
  /** The service ends in order. */
  close(): void;
}

const LENGTH = 512;

export function openSteppingFile(folder: string): SteppingFile {
  const path = join(folder, "stepping");
  const left = readLeft(path);
  let descriptor: number | null = null;
  const write = (text: string): void => {
    if (descriptor !== null) writeSync(descriptor, text.padEnd(LENGTH, " "), 0);
  };
  return {
    left,
    begin(): void {
      descriptor = openSync(path, "w");
    },
    mark: ({ stream, seq }) => write(`${seq} ${stream}`),
    clear: () => write(""),
    close(): void {
      if (descriptor !== null) closeSync(descriptor);
      descriptor = null;
      rmSync(path, { force: true });
    },
  };
}

function readLeft(path: string): LeftBehind {
  let text: string;
  try {
    text = readFileSync(path, "utf8").trim();
  } catch {
    return { clean: true, mark: null };
  }
  const parts = /^(\d+) (\S+)$/.exec(text);
  return {
    clean: false,
    mark: parts === null ? null : { seq: Number(parts[1]), stream: parts[2] as string },
  };
}
