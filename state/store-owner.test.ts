import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { claimStore, type OwnerRecord, releaseStore } from "./store-owner.ts";

function recordOf(stored: string): OwnerRecord & { stored: string } {
  return {
    stored,
    read() {
      return new TextEncoder().encode(this.stored);
    },
    write(value) {
      this.stored = new TextDecoder().decode(value);
    },
  };
}

/** What this process writes about itself. */
function own(): { pid: number; start: string; machine: string } {
  const record = recordOf("");
  claimStore("x", record);
  return JSON.parse(record.stored);
}

test("a living owner keeps the store until it lets go", () => {
  const record = recordOf("");
  claimStore("/state", record);
  expect(() => claimStore("/state", record)).toThrow(
    `the state folder /state is in use by process ${process.pid}`,
  );
  releaseStore(record);
  claimStore("/state", record);
  expect(JSON.parse(record.stored)).toEqual(own());
});

test("the process of the owner's id started at another time, or on another boot: no owner", () => {
  expect(own().start).toMatch(/^[0-9]+$/);
  expect(own().machine).toContain("pid:[");
  for (const changed of [{ start: "1" }, { machine: "another boot" }]) {
    const record = recordOf(JSON.stringify({ ...own(), ...changed }));
    claimStore("/state", record);
    expect(JSON.parse(record.stored)).toEqual(own());
  }
});

test("a process that has ended is no owner", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "close");
  const record = recordOf(JSON.stringify({ ...own(), pid: child.pid, start: "5" }));
  claimStore("/state", record);
  expect(JSON.parse(record.stored)).toEqual(own());
});
