import { expect, test } from "@jest/globals";
import { systemClock } from "../io/clock.ts";
import { MemoryGuard, processMemoryGuard } from "./memory-guard.ts";

test("pauses at 85 % and ends at 95 %, of what is in use once garbage is collected", () => {
  let nowMs = 0;
  let used = 0;
  let garbage = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const guard = new MemoryGuard(
    clock,
    () => [
      { usedBytes: used + garbage, limitBytes: 100 },
      { usedBytes: 1, limitBytes: 100 },
    ],
    () => {
      garbage = 0;
    },
  );
  const at = (usedBytes: number, garbageBytes: number): string => {
    nowMs += 6000;
    used = usedBytes;
    garbage = garbageBytes;
    return guard.level();
  };
  expect(at(50, 20)).toBe("fine");
  expect(guard.trouble).toBeNull();
  expect(at(50, 49)).toBe("fine");
  expect(garbage).toBe(0);
  expect(at(85, 5)).toBe("high");
  expect(guard.trouble).toBe("85 % of the memory is in use: intake pauses");
  expect(at(95, 0)).toBe("critical");
  expect(at(10, 0)).toBe("fine");
  used = 99;
  nowMs += 100;
  // It does not look again at once.
  expect(guard.level()).toBe("fine");
});

test("knows the memory of this process", () => {
  expect(processMemoryGuard(systemClock, null).level()).toBe("fine");
  expect(processMemoryGuard(systemClock, 1 << 20).level()).toBe("critical");
});
