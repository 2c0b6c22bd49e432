/**
 * The process in which a state folder is looked at before the service uses it (state-guard.ts): what LMDB does to a
 * process that opens a damaged file happens here. Arguments: folder, depth of the check, and whether the service is
 * writing to the folder meanwhile ("beside") or not ("before").
 *
 * Exit codes: 0 sound, 4 damaged, 5 of another version; both with the reason on stdout.
 */

import { checkStateFile } from "../state/lmdb-check.ts";
import { pinLmdb } from "../state/lmdb-store.ts";
import { StoreError } from "../state/store.ts";

const EXIT_OF = { corrupt: 4, version: 5 } as const;

async function main(): Promise<number> {
  const [folder = "", depth, when] = process.argv.slice(2);
  const checked = depth === "shape" ? "shape" : "all";
  if (when !== "beside") {
    checkStateFile(folder, checked);
    await pinLmdb(folder)();
    return 0;
  }
  // The pages of this snapshot, and of any later one read below, are not written over while it is held.
  const release = pinLmdb(folder);
  checkStateFile(folder, checked);
  await release();
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StoreError) || !(error.code in EXIT_OF)) throw error;
  process.stdout.write(error.message);
  process.exit(EXIT_OF[error.code as keyof typeof EXIT_OF]);
}
