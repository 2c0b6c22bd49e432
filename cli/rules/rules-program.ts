/** The commands `sequitur rules …` with their flags. Beside program.ts the other door of the package `commander`. */

import { type Command, InvalidArgumentError } from "commander";
import type { ConsoleOutput } from "../console-output.ts";
import type { ChoiceFlags } from "./own-set.ts";
import type { TargetFlags } from "./rules-target.ts";

export interface RulesSession {
  readonly output: () => ConsoleOutput;
  readonly done: (exitCode: number) => void;
}

interface Flags {
  readonly config?: string;
  readonly server?: string;
  readonly token?: string;
  readonly nats?: string;
  readonly bucket?: string;
  readonly json?: true;
  readonly drain?: readonly string[];
  readonly reset?: readonly string[];
  readonly replay?: readonly string[];
  readonly wait?: number | true;
  readonly author?: string;
  readonly note?: string;
  readonly after?: number;
  readonly against?: string;
  readonly reason?: string;
  readonly from?: string;
  readonly to?: string;
}

const WAIT_SECONDS = 60;

export function addRules(program: Command, session: RulesSession): void {
  const rules = program
    .command("rules")
    .description("the rule sets of a running service")
    .helpCommand(false);
  addReading(rules, session);
  addDiff(rules, session);
  addCompare(rules, session);
  addSets(rules, session);
  addSwitches(rules, session);
}

function targetOf(flags: Flags): TargetFlags {
  const { config = null, server = null, token = null, nats = null, bucket = null } = flags;
  return { config, server, token, nats, bucket };
}

function withService(command: Command): Command {
  return command
    .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward")
    .option("--server <url>", "the service's address; default: as the configuration says")
    .option("--token <token>", "the service's token; default: http.token");
}

function withBucket(command: Command): Command {
  return withService(command)
    .option("--bucket <name>", "the bucket of rule sets; default: rules.kv.bucket")
    .option("--nats <url>", "NATS; default: nats.url");
}

function withChoices(command: Command): Command {
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  return command
    .option("--drain <rule>", "let the old version finish what it began (may be repeated)", collect)
    .option("--reset <rule>", "drop what the rule has begun (may be repeated)", collect)
    .option("--replay <rule>", "build the rule from history (may be repeated)", collect);
}

function choiceFlags({ drain = [], reset = [], replay = [] }: Flags): ChoiceFlags {
  return { drain, reset, replay };
}

/** The value of an option that is a whole number. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it is not a whole number");
}

function waitOf({ wait }: Flags): number | null {
  return wait === undefined ? null : wait === true ? WAIT_SECONDS : wait;
}

function addReading(rules: Command, { output, done }: RulesSession): void {
  withService(rules.command("ls"))
    .description("who runs, which version, since where")
    .option("--json", "as one JSON object")
    .action(async (flags: Flags) => {
      const { listCommand } = await import("./rules-show.ts");
      done(await listCommand({ ...targetOf(flags), json: flags.json ?? false }, output()));
    });
  withService(rules.command("show"))
    .description("one rule as it runs, with its text")
    .argument("<rule>", "its name")
    .option("--json", "as one JSON object")
    .action(async (rule: string, flags: Flags) => {
      const { showCommand } = await import("./rules-show.ts");
      done(await showCommand({ ...targetOf(flags), rule, json: flags.json ?? false }, output()));
    });
  withBucket(rules.command("history"))
    .description("the sets that there were, the newest first")
    .option("--json", "as one JSON array")
    .action(async (flags: Flags) => {
      const { historyCommand } = await import("./rules-push.ts");
      done(await historyCommand({ ...targetOf(flags), json: flags.json ?? false }, output()));
    });
}

function addDiff(rules: Command, { output, done }: RulesSession): void {
  withChoices(withService(rules.command("diff")))
    .description("what would become of each rule's state, before anything is done")
    .argument("<path>", "a folder with rule files, or one file")
    .option("--against <path>", "compare with these rules instead of the running ones")
    .option("--json", "as one JSON object")
    .action(async (path: string, flags: Flags) => {
      const { diffCommand } = await import("./rules-diff.ts");
      const { against = null, json = false } = flags;
      const options = { ...targetOf(flags), ...choiceFlags(flags), path, against, json };
      done(await diffCommand(options, output()));
    });
}

function addCompare(rules: Command, { output, done }: RulesSession): void {
  rules
    .command("compare")
    .description(
      "a live rule and its next version in `mode shadow`: what both say, and what one of them",
    )
    .argument("<live>", "the rule that is live")
    .argument("<shadow>", "the rule in the shadow")
    .option("--from <seq|time>", "of the alert stream; default: since one of the rules was changed")
    .option("--to <seq|time>", "of the alert stream; default: its end")
    .option("-c, --config <file>", "sequitur.yaml; default: the nearest one, from here upward")
    .option("--nats <url>", "NATS; default: nats.url")
    .option("--json", "as one JSON object")
    .action(async (live: string, shadow: string, flags: Flags) => {
      const { compareCommand } = await import("./rules-compare.ts");
      const { from = null, to = null, json = false } = flags;
      done(await compareCommand({ ...targetOf(flags), live, shadow, from, to, json }, output()));
    });
}

function addSets(rules: Command, { output, done }: RulesSession): void {
  withChoices(withBucket(rules.command("push")))
    .description("give a whole set to the service, or put it into a bucket")
    .argument("<path>", "a folder with rule files, or one file")
    .option("--wait [seconds]", "wait until a service has taken it, or not", wholeNumber)
    .option("--author <name>", "who pushes; default: the user")
    .option("--note <text>", "why", "")
    .option("--after <n>", "only where set n is the newest of the bucket", wholeNumber)
    .option("--json", "the outcome as one JSON object")
    .action(async (path: string, flags: Flags) => {
      const { pushCommand } = await import("./rules-push.ts");
      const { author = null, note = "", after = null, json = false } = flags;
      const options = {
        ...targetOf(flags),
        ...choiceFlags(flags),
        path,
        author,
        note,
        after,
        json,
      };
      done(await pushCommand({ ...options, wait: waitOf(flags) }, output()));
    });
  withBucket(rules.command("rollback"))
    .description("bring a set back")
    .argument("[set]", "its number in the bucket, or its identity; default: the set before")
    .option("--wait [seconds]", "wait until a service has taken it, or not", wholeNumber)
    .option("--json", "the outcome as one JSON object")
    .action(async (to: string | undefined, flags: Flags) => {
      const { rollbackCommand } = await import("./rules-push.ts");
      const { json = false } = flags;
      const options = { ...targetOf(flags), to: to ?? null, wait: waitOf(flags), json };
      done(await rollbackCommand(options, output()));
    });
}

function addSwitches(rules: Command, { output, done }: RulesSession): void {
  for (const action of ["enable", "disable"] as const) {
    withService(rules.command(action))
      .description(
        action === "enable"
          ? "let rules run again"
          : "switch rules off; what they have begun is dropped",
      )
      .argument("<rule...>", "their names")
      .option("--reason <text>", "why", "")
      .action(async (names: string[], flags: Flags) => {
        const { switchCommand } = await import("./rules-show.ts");
        const { reason = "" } = flags;
        done(await switchCommand({ ...targetOf(flags), action, rules: names, reason }, output()));
      });
  }
}
