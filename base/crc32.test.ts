import { crc32 as zlibCrc32 } from "node:zlib";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { crc32 } from "./crc32.ts";

const ascii = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));

test("the published check value", () => {
  expect(crc32(ascii("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("agrees with zlib for any bytes, and piece by piece", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
      const whole = crc32(bytes);
      expect(whole).toBe(zlibCrc32(Buffer.from(bytes)));
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(whole);
    }),
  );
});

test("every single flipped bit changes the checksum", () => {
  const bytes = ascii("positions, state and outbox in one commit");
  const before = crc32(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(crc32(flipped)).not.toBe(before);
  }
});
