/** Plans the runs of a request and has each done by a process of its own, the variants taking turns. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type BenchRequest, readCommandLine, UsageError } from "./command-line.ts";
import { writeRecords } from "./records.ts";
import { emit, type Result } from "./result.ts";
import { type RunSpec, runOne, variantOf, workloadOf } from "./run-spec.ts";
import { summarise } from "./summary.ts";
import { runW9, writeW9 } from "./w9/w9.ts";
import type { Size, Workload } from "./workload.ts";

/** Does what the arguments say. Throws UsageError where they do not fit. */
export async function runBench(args: readonly string[]): Promise<void> {
  const request = readCommandLine(args);
  switch (request.kind) {
    case "child":
      process.stdout.write(`${JSON.stringify(runOne(JSON.parse(request.subject) as RunSpec))}\n`);
      return;
    case "gen":
      return generate(request);
    case "run":
      return runAll(request);
  }
}

function found(request: BenchRequest): Workload {
  try {
    return workloadOf(request.subject);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function sizeOf(request: BenchRequest, workload: Workload): Size {
  const events = request.events ?? workload.events;
  const { seed, keys } = request;
  return { events, seed: seed ?? workload.seed, keys: keys ?? workload.keysOf(events) };
}

function generate(request: BenchRequest): void {
  if (request.out === null) throw new UsageError("gen: --out names the file to write");
  if (request.subject.toUpperCase() === "W9") {
    writeW9(request, request.out);
    return;
  }
  const workload = found(request);
  const [first] = variantNames(request, workload);
  const variant = variantOf(workload, first as string, request.variants);
  writeRecords(request.out, variant.open(sizeOf(request, workload)));
}

/** Those that the request names, by their full name or the part before the first dot; all where it names none. */
function variantNames({ variants }: BenchRequest, workload: Workload): readonly string[] {
  const all = workload.variants(variants).map(({ name }) => name);
  const { names } = variants;
  if (names === null) return all;
  return names.flatMap((wanted) => {
    const fitting = all.filter((name) => name === wanted || name.startsWith(`${wanted}.`));
    if (fitting.length > 0) return fitting;
    throw new UsageError(`--variant: ${workload.name} has ${all.join(", ")}`);
  });
}

async function runAll(request: BenchRequest): Promise<void> {
  if (request.subject.toUpperCase() === "W9") {
    process.stderr.write(summarise(await runW9(request, inChild)));
    return;
  }
  const workload = found(request);
  const { limitMb, liveMemory, variants: options } = request;
  const limitS = request.limitS ?? workload.limitS;
  const size = sizeOf(request, workload);
  const results: Result[] = [];
  for (let turn = 0; turn < request.repeat; turn++) {
    for (const variant of variantNames(request, workload)) {
      for (const mode of modesOf(request, workload)) {
        const { name } = workload;
        const limits = { limitS, limitMb, liveMemory };
        const spec = { workload: name, variant, mode, size, options, ...limits };
        const result = await inChild(spec);
        emit(result);
        results.push(result);
      }
    }
  }
  process.stderr.write(summarise(results));
}

function modesOf({ modes }: BenchRequest, workload: Workload): Workload["modes"] {
  if (modes === null) return workload.modes.slice(0, 1);
  return modes.map((wanted) => {
    const known = workload.modes.find((mode) => mode === wanted);
    if (known !== undefined) return known;
    throw new UsageError(`--mode ${wanted}: ${workload.name} runs in ${workload.modes.join(", ")}`);
  });
}

async function inChild(spec: RunSpec): Promise<Result> {
  const main = fileURLToPath(new URL("./main.js", import.meta.url));
  const child = spawn(process.execPath, [main, "child", JSON.stringify(spec)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (bytes) => {
    text += String(bytes);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the run ${spec.workload} ${spec.variant} ended with ${code}`);
  return JSON.parse(text) as Result;
}
