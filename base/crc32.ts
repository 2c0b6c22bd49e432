/**
 * CRC-32 as Ethernet, zip and PNG have it (IEEE 802.3, reflected polynomial 0xEDB88320, initial and final value
 * inverted). Four bytes a turn through four tables ("slicing-by-4", Kounavis and Berry, 2008).
 */

const TABLES = makeTables();

/** Table k, at 256 * k: what a byte that stands k bytes before the end of the four contributes. */
function makeTables(): Uint32Array {
  const tables = new Uint32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 255] as number);
  }
  return tables;
}

/**
 * The checksum of the bytes as an unsigned 32-bit integer. `seed` is the checksum of what stands before them:
 * `crc32(b, crc32(a))` is the checksum of a followed by b. O(length).
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const table = TABLES;
  const length = bytes.length;
  let crc = ~seed;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const four =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      (table[768 + (four & 255)] as number) ^
      (table[512 + ((four >>> 8) & 255)] as number) ^
      (table[256 + ((four >>> 16) & 255)] as number) ^
      (table[four >>> 24] as number);
  }
  for (; i < length; i++) {
    crc = (table[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
