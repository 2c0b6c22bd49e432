import { getEventListeners } from "node:events";
import { expect, test } from "@jest/globals";
import { LinkedAbort } from "./linked-abort.ts";

test("ends with the other signal, by itself, or not at all, and leaves no listener behind", () => {
  const parent = new AbortController();
  const [with_, alone, released] = [1, 2, 3].map(() => new LinkedAbort(parent.signal));
  alone?.abort();
  released?.release();
  expect(alone?.signal.aborted).toBe(true);
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(1);
  parent.abort();
  expect(with_?.signal.aborted).toBe(true);
  expect(released?.signal.aborted).toBe(false);
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
  expect(new LinkedAbort(parent.signal).signal.aborted).toBe(true);
});
