/** Runs the built command, as a user would, and tells what came out. */

import { spawn } from "node:child_process";

export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** What stdin holds; nothing by default. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with what stdout holds so far; true kills the process with SIGKILL. */
  readonly killWhen?: (stdout: string) => boolean;
  /** Called with what stdout holds so far; true closes the pipe. */
  readonly closeWhen?: (stdout: string) => boolean;
}

const MAIN = `${process.cwd()}/dist/cli/main.js`;

/** Runs `sequitur ARGS`. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...process.env, NO_COLOR: "", ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (options.killWhen?.(stdout) === true) child.kill("SIGKILL");
    if (options.closeWhen?.(stdout) === true) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  // A process that refuses its arguments may be gone before it has read.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
}
