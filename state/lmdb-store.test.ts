import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { openLmdbStore } from "./lmdb-store.ts";
import { openMemoryStore } from "./memory-store.ts";
import type { Store, StoreChange } from "./store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sequitur-lmdb-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const text = (value: string) => new TextEncoder().encode(value);
const put = (space: string, key: string, value: string): StoreChange => ({
  space,
  key: text(key),
  value: text(value),
});

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing thrown";
}

function content(store: Store): string[] {
  return ["meta", "slots", "outbox"].flatMap((space) =>
    Array.from(store.scan(space), ({ key, value }) => {
      return `${space} ${Buffer.from(key).toString("hex")} ${Buffer.from(value).toString("hex")}`;
    }),
  );
}

test("closed and reopened, everything is there: long keys, big and empty values", async () => {
  const longKey = new Uint8Array(511).fill(200);
  const big = Uint8Array.from({ length: 200_000 }, (_, i) => i * 31);
  const changes = [
    { space: "slots", key: longKey, value: big },
    { space: "slots", key: text("empty"), value: new Uint8Array() },
    put("meta", "positions", "17"),
    put("meta", "gone", "x"),
    { space: "meta", key: text("gone"), value: null },
  ];
  const store = openLmdbStore(folder);
  expect(store.commit(changes)).toBe(511 + 5 + 200_000 + 5 + 5 + 9 + 5 + 2 + 4 + 5 + 1 + 4);
  await store.close();
  await store.close();
  const again = openLmdbStore(folder);
  expect(Buffer.compare(again.get("slots", longKey) as Uint8Array, big)).toBe(0);
  expect(again.get("slots", text("empty"))?.length).toBe(0);
  expect(again.get("meta", text("gone"))).toBeNull();
  const memory = openMemoryStore();
  memory.commit(changes);
  expect(content(again)).toEqual(content(memory));
  await again.close();
});

test("a commit whose changes throw leaves nothing behind", async () => {
  const store = openLmdbStore(folder);
  function* changes(): Iterable<StoreChange> {
    yield put("meta", "a", "1");
    throw new Error("the caller's own error");
  }
  expect(() => store.commit(changes())).toThrow("the caller's own error");
  expect(store.get("meta", text("a"))).toBeNull();
  expect(store.commit([put("meta", "b", "2")])).toBe(7);
  await store.close();
});

test("a flipped bit in a value or in a key is told, with space and key", async () => {
  const store = openLmdbStore(folder);
  store.commit([put("slots", "key-of-value", "the value on disk"), put("meta", "fine", "ok")]);
  await store.close();
  const file = join(folder, "data.mdb");
  const bytes = readFileSync(file);
  const at = bytes.indexOf("the value on disk");
  for (const [place, key] of [
    [at, "key-of-value"],
    [bytes.indexOf("key-of-value"), "jey-of-value"],
  ] as const) {
    const damaged = Buffer.from(bytes);
    damaged[place] = (damaged[place] as number) ^ 1;
    writeFileSync(file, damaged);
    const again = openLmdbStore(folder);
    expect(codeOf(() => [...again.scan("slots")])).toBe("corrupt");
    expect(() => again.get("slots", text(key))).toThrow(
      `the value of key ${Buffer.from(key).toString("hex")} in space "slots" has a wrong checksum`,
    );
    expect(again.get("meta", text("fine"))?.length).toBe(2);
    await again.close();
  }
});

test("a file that is no store, and a folder that cannot be made, are told", () => {
  writeFileSync(join(folder, "data.mdb"), Buffer.alloc(8192, 7));
  expect(codeOf(() => openLmdbStore(folder))).toBe("corrupt");
  expect(codeOf(() => openLmdbStore(join(folder, "data.mdb", "below")))).toBe("io");
});

/** The changes of commit n: a function of n alone, so that the state after n commits can be computed. */
function changesOf(n: number): StoreChange[] {
  const bytes = (value: number, length: number): Uint8Array => {
    const result = new Uint8Array(length).fill(value);
    new DataView(result.buffer).setUint32(0, value);
    return result;
  };
  const changes: StoreChange[] = [
    { space: "meta", key: bytes(0, 4), value: bytes(n, 4) },
    { space: "outbox", key: bytes(n, 4), value: bytes(n, 300) },
    { space: "outbox", key: bytes(n - 20, 4), value: null },
  ];
  for (let i = 0; i < 40; i++) {
    changes.push({ space: "slots", key: bytes((n * 37 + i * 101) % 997, 4), value: bytes(n, 60) });
  }
  return changes;
}

const storeModule = new URL("../dist/state/lmdb-store.js", import.meta.url);

/** Runs `body` in a process of its own, with `store` open on the folder and `say` to write a line. */
function child(body: string, stderr: "inherit" | "ignore" = "inherit"): ChildProcess {
  expect(existsSync(storeModule)).toBe(true);
  const script = `
    import { openLmdbStore } from ${JSON.stringify(storeModule.href)};
    import { writeSync } from "node:fs";
    const say = (line) => writeSync(1, line + "\\n");
    const store = openLmdbStore(${JSON.stringify(folder)});
    ${changesOf}
    ${body}`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", stderr],
  });
}

test("kill -9 in the middle of commits: a prefix of whole commits, all that returned among them", async () => {
  const seed = 20240817;
  const random = new Random(seed);
  let done = 0;
  for (let round = 0; round < 5; round++) {
    const process = child(
      `for (let n = ${done} + 1; ; n++) { store.commit(changesOf(n)); say(String(n)); }`,
    );
    let output = "";
    const started = new Promise<void>((resolve) => {
      process.stdout?.on("data", (chunk) => {
        output += chunk;
        resolve();
      });
    });
    await started;
    await new Promise((resolve) => setTimeout(resolve, 10 + random.below(120)));
    process.kill("SIGKILL");
    await once(process, "close");
    const told = Number(output.slice(0, output.lastIndexOf("\n")).split("\n").at(-1));
    const store = openLmdbStore(folder);
    const counter = store.get("meta", new Uint8Array(4)) as Uint8Array;
    const reached = new DataView(counter.buffer, counter.byteOffset).getUint32(0);
    expect(reached).toBeGreaterThanOrEqual(told);
    expect(reached).toBeLessThanOrEqual(told + 1);
    const model = openMemoryStore();
    for (let n = 1; n <= reached; n++) model.commit(changesOf(n));
    expect(content(store)).toEqual(content(model));
    await store.close();
    done = reached;
  }
});

test("a folder in use is refused to a second process and to a second opening, and free after a kill", async () => {
  const process = child(`say("open"); setInterval(() => {}, 1000);`);
  await once(process.stdout as NodeJS.ReadableStream, "data");
  expect(() => openLmdbStore(folder)).toThrow(
    `the state folder ${folder} is in use by process ${process.pid}`,
  );
  process.kill("SIGKILL");
  await once(process, "close");
  const store = openLmdbStore(folder);
  expect(codeOf(() => openLmdbStore(folder))).toBe("locked");
  expect(store.commit([put("meta", "a", "1")])).toBe(7);
  await store.close();
  await openLmdbStore(folder).close();
});

test("of several processes that start at once exactly one gets the folder", async () => {
  const processes = Array.from({ length: 4 }, () =>
    child(`say("open"); setInterval(() => {}, 1000);`, "ignore"),
  );
  const outcomes = await Promise.all(
    processes.map((process) =>
      Promise.race([
        once(process.stdout as NodeJS.ReadableStream, "data").then(() => "open"),
        once(process, "close").then(() => "refused"),
      ]),
    ),
  );
  for (const process of processes) process.kill("SIGKILL");
  expect(outcomes.sort()).toEqual(["open", "refused", "refused", "refused"]);
});

const disk = join(tmpdir(), `sequitur-disk-${process.pid}`);
const mount = `mkdir -p ${disk} && mount -t tmpfs -o size=4m tmpfs ${disk}`;
const unmount = `umount -l ${disk}; rmdir ${disk}`;
const canMount = spawnSync("sh", ["-c", `(${mount}) 2>/dev/null && ${unmount}`]).status === 0;

(canMount ? test : test.skip)(
  "a full disk is told, and the same commit works once there is room",
  async () => {
    spawnSync("sh", ["-c", mount]);
    try {
      writeFileSync(join(disk, "filler"), Buffer.alloc(3 << 20));
      const store = openLmdbStore(join(disk, "state"));
      const changes = Array.from({ length: 20 }, (_, i) => ({
        space: "slots",
        key: text(`key ${i}`),
        value: new Uint8Array(100_000).fill(i),
      }));
      expect(codeOf(() => store.commit(changes))).toBe("disk-full");
      expect(codeOf(() => store.commit(changes))).toBe("disk-full");
      expect([...store.scan("slots")]).toEqual([]);
      rmSync(join(disk, "filler"));
      expect(store.commit(changes)).toBeGreaterThan(2_000_000);
      expect([...store.scan("slots")].length).toBe(20);
      await store.close();
    } finally {
      spawnSync("sh", ["-c", unmount]);
    }
  },
);
