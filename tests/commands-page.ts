/** docs/COMMANDS.md: every command with its arguments and options, as `--help` has them. */

import { commandTree } from "../cli/program.ts";

const HEAD = `# Commands

What \`sequitur COMMAND --help\` says, of all commands. What they are for stands in [README.md](../README.md) and
[OPERATIONS.md](OPERATIONS.md). \`--color auto|always|never\` stands before any of them. Exit codes: 0 ok; 1 findings; 2 rules
invalid; 3 usage, configuration, or something unreachable; 130 and 143 on signals.
`;

type Command = ReturnType<typeof commandTree>;

export function commandsPage(): string {
  return [HEAD, ...commandTree().commands.flatMap((one) => sections(one, "sequitur"))].join("\n");
}

function sections(command: Command, parent: string): readonly string[] {
  const path = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((one) => sections(one, path));
  const names = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}…` : argument.name();
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  const rows = [
    ...command.registeredArguments.map((one): Row => [code(one.name()), one.description]),
    ...command.options.map(({ flags, description, defaultValue, argChoices, mandatory }): Row => {
      const choices = argChoices === undefined ? [] : [argChoices.map(code).join(", ")];
      const given = defaultValue === undefined || defaultValue === "" || defaultValue === 0;
      const usual = given ? [] : [`default ${code(String(defaultValue))}`];
      const needed = mandatory ? ["needed"] : [];
      return [code(flags), [description, ...choices, ...usual, ...needed].join("; ")];
    }),
  ].filter(([, text]) => text !== "");
  const table = rows.map(([name, text]) => `| ${name} | ${text} |`);
  const lines = table.length === 0 ? [] : ["", "| | |", "|---|---|", ...table];
  return [
    [`## ${path}${names.join("")}`, "", `${command.description()}.`, ...lines, ""].join("\n"),
  ];
}

type Row = readonly [name: string, text: string];

/** Code in a cell of a table, where a bar would end the cell. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
