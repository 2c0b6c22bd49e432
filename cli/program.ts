/**
 * The command line: commands, their flags and help. Door of the package `commander`.
 * Gives the exit code; what is wrong with the use is told in one line. A command's own code is loaded when it is called,
 * so that none waits for the packages of another.
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Severity } from "../server/alert-feed/alert-filter.ts";
import type { CheckFormat } from "./check/check-command.ts";
import { type ColorMode, ConsoleOutput } from "./console-output.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import { packageVersion } from "./package-files.ts";
import type { ReplayOptions } from "./replay/replay-command.ts";
import { addRules, wholeNumber } from "./rules/rules-program.ts";

/** Runs the command of these arguments, those behind the program's name. Throws what a command throws. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const session: Session = { exitCode: EXIT.ok };
  const program = makeProgram(session);
  try {
    await program.parseAsync([...args], { from: "user" });
    return session.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end in this way as well.
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code === "commander.help") return EXIT.usage;
    throw new UsageError(error.message.replace(/^error: /, "").replaceAll(/\s+/g, " "));
  }
}

interface Session {
  exitCode: number;
}

/** The commands with their flags, for the page that lists them. */
export function commandTree(): Command {
  return makeProgram({ exitCode: EXIT.ok });
}

function makeProgram(session: Session): Command {
  const program = new Command("sequitur")
    .description("Detection rules over event streams: rules in, events in, alerts out.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand(false)
    .addOption(
      new Option("--color <when>", "colour in the terminal")
        .choices(["auto", "always", "never"])
        .default("auto"),
    )
    .addHelpText("after", EXIT_CODES)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  addCheck(program, session);
  addTest(program, session);
  addReplay(program, session);
  addBacktest(program, session);
  addRun(program, session);
  addTail(program, session);
  addState(program, session);
  addDoctor(program, session);
  addRules(program, {
    output: () => outputOf(program),
    done: (exitCode) => {
      session.exitCode = exitCode;
    },
  });
  addDemo(program, session);
  return program;
}

const EXIT_CODES = `
Exit codes: 0 ok; 1 findings (a test failed, a warning under --deny-warnings); 2 rules invalid; 3 usage,
configuration, or something unreachable.`;

function outputOf(program: Command): ConsoleOutput {
  return new ConsoleOutput(program.opts<{ readonly color: ColorMode }>().color);
}

interface CheckFlags {
  readonly format: CheckFormat;
  readonly denyWarnings?: true;
}

function addCheck(program: Command, session: Session): void {
  program
    .command("check")
    .description("parse and check rule files")
    .argument("<path...>", "rule files, folders with rule files, - for standard input: one set")
    .addOption(
      new Option("--format <format>", "how findings are written")
        .choices(["human", "json", "sarif", "github"])
        .default("human"),
    )
    .option("--deny-warnings", "exit with 1 where there are warnings")
    .action(async (paths: string[], flags: CheckFlags) => {
      const { format, denyWarnings = false } = flags;
      const { checkCommand } = await import("./check/check-command.ts");
      session.exitCode = await checkCommand({ paths, format, denyWarnings }, outputOf(program));
    });
}

interface TestFlags {
  readonly run?: string;
  readonly harder?: true;
  readonly junit?: string;
  readonly json?: true;
  readonly minTests: number;
  readonly coverage?: true;
  readonly minCoverage?: number;
  readonly watch?: true;
}

function percentage(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError("it is not a percentage from 0 to 100");
}

function addTest(program: Command, session: Session): void {
  program
    .command("test")
    .description("run the tests in rule files, in virtual time")
    .argument("<path...>", "rule files, folders with rule files, - for standard input: one set")
    .option("--run <regexp>", "only tests whose `RULE: TITLE` the expression finds")
    .option(
      "--harder",
      "also with restarts, with arrivals shuffled within `delay`, and with every event twice",
    )
    .option("--junit <file>", "write a JUnit report as well")
    .option("--json", "write the outcomes as one JSON object")
    .option(
      "--min-tests <n>",
      "exit with 1 where a rule has fewer tests of its own",
      wholeNumber,
      0,
    )
    .option("--coverage", "what of each rule its tests reach: steps, branches, outcomes")
    .option(
      "--min-coverage <percent>",
      "exit with 1 where a rule's tests reach less of it; with --coverage",
      percentage,
    )
    .option("--watch", "run the tests of what changes again, until a signal")
    .action(async (paths: string[], flags: TestFlags) => {
      const { run = null, harder = false, junit = null, json = false, minTests } = flags;
      const { minCoverage = null, coverage = minCoverage !== null, watch = false } = flags;
      const { testCommand } = await import("./test/test-command.ts");
      session.exitCode = await testCommand(
        { paths, run, harder, junit, json, minTests, coverage, minCoverage, watch },
        outputOf(program),
      );
    });
}

interface ReplayFlags {
  readonly input: readonly string[];
  readonly output: ReplayOptions["output"];
  readonly flush?: true;
  readonly state?: string;
  readonly sort?: true;
  readonly rate: string;
  readonly stats?: true;
  readonly late?: string;
}

function collectFiles(value: string, before: readonly string[] | undefined): readonly string[] {
  if (value === "") throw new InvalidArgumentError("it names no file");
  return [...(before ?? []), value];
}

function addReplay(program: Command, session: Session): void {
  program
    .command("replay")
    .description("events from files through the production engine; alerts on stdout")
    .argument("<rules...>", "rule files, folders with rule files: one set")
    .requiredOption(
      "--input <[name=]file>",
      "events: NDJSON, gzip or not, - for standard input; NAME is the stream (may be repeated)",
      collectFiles,
    )
    .addOption(
      new Option("--output <form>", "how alerts are written")
        .choices(["ndjson", "human"])
        .default("ndjson"),
    )
    .option("--flush", "let time run on at the end until nothing waits")
    .option("--state <dir>", "keep the state there, and go on from it after an interruption")
    .option("--sort", "read each input into memory and sort it by time before")
    .option("--rate <times>", "speed relative to the events' time: 10x, or max", "max")
    .option("--stats", "write counters as JSON to stderr")
    .option("--late <file>", "write late events there, one JSON object a line; lines count from 0")
    .addHelpText("after", REPLAY_NOTES)
    .action(async (rules: string[], flags: ReplayFlags) => {
      const { input, output, flush = false, sort = false, stats = false, rate } = flags;
      const { state = null, late = null } = flags;
      const options = { rules, inputs: input, output, flush, state, sort, rate, stats, late };
      const { replayCommand } = await import("./replay/replay-command.ts");
      session.exitCode = await replayCommand(options, outputOf(program));
    });
}

const REPLAY_NOTES = `
Lines without NAME belong to the only stream of the rules, or are envelopes
{"subject":"events.auth.login","data":{…},"time":…}, routed by subject. An array, or several objects in a line,
count as several events. With --state, alerts decided right before a kill may be written twice, with the same id.`;

interface BacktestFlags {
  readonly input?: readonly string[];
  readonly stream?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly config?: string;
  readonly nats?: string;
  readonly against?: string;
  readonly expect?: string;
  readonly output: "human" | "ndjson";
  readonly flush?: true;
  readonly sort?: true;
  readonly failOnAlert?: true;
}

function addBacktest(program: Command, session: Session): void {
  program
    .command("backtest")
    .description("what the rules would have said about recorded events, and how noisy they are")
    .argument("<rules...>", "rule files, folders with rule files: one set")
    .option("--input <[name=]file>", "events, as for replay (may be repeated)", collectFiles)
    .option("--stream <name>", "events of a JetStream stream (may be repeated)", collectFiles)
    .option("--from <seq|time>", "of the streams, from this message on; default: the oldest")
    .option("--to <seq|time>", "of the streams, up to this message; default: the newest")
    .option("-c, --config <file>", "sequitur.yaml, for NATS; default: the nearest one")
    .option("--nats <url>", "NATS; default: nats.url")
    .option("--against <rules>", "another version of the rules: alerts added, removed, changed")
    .option("--expect <file>", "alerts by rule as JSON, or alerts one a line: 1 where they differ")
    .addOption(
      new Option("--output <form>", "how the outcome is written")
        .choices(["human", "ndjson"])
        .default("human"),
    )
    .option("--flush", "let time run on at the end until nothing waits")
    .option("--sort", "read each input into memory and sort it by time before")
    .option("--fail-on-alert", "exit with 1 where there are alerts")
    .action(async (rules: string[], flags: BacktestFlags) => {
      const { input: inputs = [], stream: streams = [], from = null, to = null } = flags;
      const { config = null, nats = null, against = null, expect = null, output } = flags;
      const { flush = false, sort = false, failOnAlert = false } = flags;
      const source = { inputs, streams, from, to, config, nats };
      const { backtestCommand } = await import("./backtest/backtest-command.ts");
      session.exitCode = await backtestCommand(
        { rules, ...source, against, expect, output, flush, sort, failOnAlert },
        outputOf(program),
      );
    });
}

interface RunFlags {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly acceptDataLoss?: true;
  readonly failOnPoison?: true;
}

function addRun(program: Command, session: Session): void {
  program
    .command("run")
    .description("the service: events from NATS, alerts to NATS, until a signal")
    .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward")
    .option(
      "--set <path=value>",
      "a setting of the file, as nats.url=nats://… (may be repeated)",
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option("--accept-data-loss", "go on where the start found events or alerts missing")
    .option("--fail-on-poison", "end rather than put a message aside that the process dies of")
    .action(async (flags: RunFlags) => {
      const { config = null, set = [], acceptDataLoss = false, failOnPoison = false } = flags;
      const { runCommand } = await import("./run-command.ts");
      session.exitCode = await runCommand({ config, set, acceptDataLoss, failOnPoison });
    });
}

interface TailFlags {
  readonly config?: string;
  readonly server?: string;
  readonly nats?: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly shadow?: true;
  readonly from?: number;
  readonly output?: "human" | "ndjson";
}

function addTail(program: Command, session: Session): void {
  program
    .command("tail")
    .description("alerts as they come, until a signal; what NATS and HTTP need is in sequitur.yaml")
    .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward")
    .option("--server <url>", "ask a running service")
    .option("--nats <url>", "read the alert stream there; default: where the configuration says")
    .option("--rule <glob>", "only rules of this name: * is any text, ? any character", "*")
    .addOption(
      new Option("--severity <severity>", "only alerts at least as bad")
        .choices(["info", "low", "medium", "high", "critical"])
        .default("info"),
    )
    .option("--shadow", "alerts of rules in `mode shadow`, too")
    .option(
      "--from <seq>",
      "begin with this sequence of the alert stream, not with the next alert",
      wholeNumber,
    )
    .addOption(
      new Option("--output <form>", "default: human on a terminal, else ndjson").choices([
        "ndjson",
        "human",
      ]),
    )
    .action(async (flags: TailFlags) => {
      const { config = null, server = null, nats = null, output = null } = flags;
      const { rule, severity, shadow = false } = flags;
      const from = flags.from === undefined ? null : Math.max(1, flags.from);
      const { tailCommand } = await import("./tail/tail-command.ts");
      session.exitCode = await tailCommand(
        { config, server, nats, filter: { rule, severity, shadow }, from, output },
        outputOf(program),
      );
    });
}

interface StateFlags {
  readonly state?: string;
  readonly config?: string;
  readonly key?: string;
  readonly json?: true;
}

function addState(program: Command, session: Session): void {
  const state = program
    .command("state")
    .description("the state of a service, from outside; reading does not disturb one that runs")
    .helpCommand(false);
  const add = (usage: string, description: string): Command =>
    state
      .command(usage)
      .description(description)
      .option("--state <dir>", "the state folder; default: the one of the configuration")
      .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward");
  const json = ["--json", "one JSON object a line"] as const;
  const load = () => import("./state/state-command.ts");
  const placeOf = ({ state: folder, config }: StateFlags) => ({
    state: folder ?? null,
    config: config ?? null,
  });
  add("ls", "rules with the keys that they hold partial matches for")
    .option(...json)
    .action(async (flags: StateFlags) => {
      const { stateLs } = await load();
      session.exitCode = await stateLs(placeOf(flags), flags.json === true, outputOf(program));
    });
  add("show <rule>", "the keys of a rule; the name may be a glob")
    .option("--key <value>", "only keys that have this part")
    .option(...json)
    .action(async (rule: string, flags: StateFlags) => {
      const { stateShow } = await load();
      const options = {
        ...placeOf(flags),
        rule,
        key: flags.key ?? null,
        json: flags.json === true,
      };
      session.exitCode = await stateShow(options, outputOf(program));
    });
  add("export <file>", "write the state to a file, packed where its name ends in .gz").action(
    async (file: string, flags: StateFlags) => {
      const { stateExport } = await load();
      session.exitCode = await stateExport(placeOf(flags), file, outputOf(program));
    },
  );
  add("import <file>", "put an exported state into a new state folder").action(
    async (file: string, flags: StateFlags) => {
      const { stateImport } = await load();
      session.exitCode = await stateImport(placeOf(flags), file, outputOf(program));
    },
  );
  add("check", "compare every page and checksum; 1 where something is damaged")
    .option(...json)
    .action(async (flags: StateFlags) => {
      const { stateCheck } = await load();
      session.exitCode = await stateCheck(placeOf(flags), flags.json === true, outputOf(program));
    });
}

function addDoctor(program: Command, session: Session): void {
  program
    .command("doctor")
    .description("would the service run here, and can it be trusted? 1 where something is red")
    .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward")
    .option("--json", "the findings as one JSON object")
    .action(async (flags: { readonly config?: string; readonly json?: true }) => {
      const { config = null, json = false } = flags;
      const { doctorCommand } = await import("./doctor/doctor-command.ts");
      session.exitCode = await doctorCommand({ config, json }, outputOf(program));
    });
}

function addDemo(program: Command, session: Session): void {
  program
    .command("demo")
    .description("recorded attacks, detected: replays the samples and shows what they say")
    .action(async () => {
      const { demoCommand } = await import("./demo/demo-command.ts");
      session.exitCode = await demoCommand(outputOf(program));
    });
}
