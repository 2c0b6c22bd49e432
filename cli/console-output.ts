/**
 * The two outputs of a command: data on stdout, everything else on stderr. Owns colour and the progress line.
 *
 *  O1  Colour only where the output is a terminal, unless `--color` says otherwise; never under NO_COLOR
 *      (https://no-color.org) unless `--color always`.
 *  O2  A progress line is shown on a terminal only, and is gone before anything else is written.
 */

export type ColorMode = "auto" | "always" | "never";

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof STYLES;
export type Paint = (style: Style, text: string) => string;

const plainText: Paint = (_, text) => text;
const ansiText: Paint = (style, text) => `\u001b[${STYLES[style]}m${text}\u001b[0m`;

const PROGRESS_EVERY_MS = 100;
const CLEAR_LINE = "\r\u001b[2K";

export class ConsoleOutput {
  readonly #mode: ColorMode;
  #progressShown = false;
  #progressMs = 0;

  constructor(mode: ColorMode) {
    this.#mode = mode;
  }

  /** Paints text for stdout. */
  get outPaint(): Paint {
    return this.hasColor("stdout") ? ansiText : plainText;
  }

  /** Paints text for stderr. */
  get errPaint(): Paint {
    return this.hasColor("stderr") ? ansiText : plainText;
  }

  hasColor(stream: "stdout" | "stderr"): boolean {
    if (this.#mode !== "auto") return this.#mode === "always";
    const wanted = (process.env["NO_COLOR"] ?? "") === "";
    return wanted && process[stream].isTTY === true;
  }

  /** Writes to stdout; resolves once the reader can take more. */
  async out(text: string): Promise<void> {
    this.#clearProgress();
    if (text === "" || process.stdout.write(text)) return;
    await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
  }

  /** Writes lines to stderr. */
  err(...lines: readonly string[]): void {
    this.#clearProgress();
    for (const line of lines) process.stderr.write(`${line}\n`);
  }

  /** Shows a passing line on stderr; `line` is asked for at most ten times a second. */
  progress(line: () => string): void {
    if (process.stderr.isTTY !== true) return;
    const nowMs = performance.now();
    if (this.#progressShown && nowMs - this.#progressMs < PROGRESS_EVERY_MS) return;
    this.#progressMs = nowMs;
    this.#progressShown = true;
    process.stderr.write(`${CLEAR_LINE}${line().slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    process.stderr.write(CLEAR_LINE);
  }
}
