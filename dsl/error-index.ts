/**
 * The index of all diagnostics: what each code means, and what repairs it. The page of the docs, the help in SARIF and
 * the tests of the golden files come from here.
 */

import { ERRORS, type ErrorCode, WARNINGS, type WarningCode } from "./errors.ts";
import type { SyntaxCode } from "./syntax-errors.ts";

export type DiagnosticCode = SyntaxCode | ErrorCode | WarningCode;

export interface DiagnosticEntry {
  readonly severity: "error" | "warning";
  /** One clause without a full stop. */
  readonly meaning: string;
  /** What the author can do, as sentences. */
  readonly repair: string;
}

/** Meanings of the parser's codes; those of the checker stand in errors.ts. */
const SYNTAX_MEANINGS: Record<SyntaxCode, string> = {
  E0101: "a character that is no part of the language",
  E0102: "a text that is not closed",
  E0103: "an escape that JSON does not have",
  E0104: "a number, duration or size that cannot be read",
  E0105: "an operator of another language",
  E0106: "a text in single quotes",
  E0107: "punctuation of another language",
  E0108: "a name in back quotes that is not closed",
  E0109: "a file that is too large",
  E0110: "something else was expected here",
  E0111: "a bracket that is not closed",
  E0112: "a closing bracket too many",
  E0113: "a line that begins no declaration",
  E0114: "nesting that is too deep, or a row that is too long",
  E0115: "a chain of comparisons",
  E0116: "braces in a title that hold no expression",
  E0117: "a part of a rule written twice",
  E0118: "a part of a rule that does not exist",
  E0119: "too many errors to tell them all",
  E0120: "a part of a body in the wrong place",
};

const REPAIRS: Record<DiagnosticCode, string> = {
  E0101: "Remove it, or put it into a text in double quotes.",
  E0102:
    "Close it with a double quote on the same line; text blocks in three double quotes may have several lines.",
  E0103: 'Double the backslash, or write a raw text: `r"C:\\Windows\\*"`.',
  E0104: "Durations are written `250ms 90s 5m 1h30m 7d 2w`, sizes `10KB 5MiB`.",
  E0105: "Write `and`, `or`, `not`, `==`, `~like`, as the fix says.",
  E0106: "Put the text in double quotes.",
  E0107: "Remove semicolons; comments begin with `#`.",
  E0108: "Close it with a back quote.",
  E0109: "Split the file: one rule file holds at most 1 MiB, and files of a folder form one set.",
  E0110: "Write what the message asks for, or remove what stands there.",
  E0111: "Close it where the fix says.",
  E0112: "Remove it, or move what stands behind it into the rule.",
  E0113:
    "A declaration begins with `stream`, `event`, `list`, `table`, `let`, `fn`, `exception`, `rule` or `test`.",
  E0114: "Give parts of the expression names with `let` or `fn`.",
  E0115: "Join two comparisons with `and`: `1 < x and x < 5`.",
  E0116: "Write an expression between them, or double the brace where it is meant as text: `{{`.",
  E0117: "Keep one of them; two detections are two rules.",
  E0118: "Replace it with what the message suggests.",
  E0119: "Correct the first ones; the others often follow.",
  E0120:
    "Write the parts of a body in their order, as the message shows it; the fix moves the part.",
  E0201: "Give one of them another name, or make both declarations alike.",
  E0202: "Correct the name, or declare the stream or event.",
  E0203: "Correct the name; the message lists those that there are.",
  E0204:
    "Correct the name, or add the field to `fields` of the stream; `*` at its end keeps the stream open for others.",
  E0205: "Say of which step: `step.field`, `last(step).field`; key parts go by their names alone.",
  E0206: "Put the condition on the later step: it sees the events taken before it.",
  E0207: "`x in NAME` asks a list or table, `NAME[x].column` looks up a row.",
  E0208: "Correct the name, or declare the list or table.",
  E0209: "Choose another name.",
  E0210: "Correct the `let` or `fn`, or use it where its fields exist.",
  E0211: "Take one of the references out of the circle.",
  E0212: "Choose another name.",
  E0301: "Add `within` and the longest time that a match may take.",
  E0302: "Add `within` behind the `no`: how far to look back before the first event.",
  E0303: "Leave at least one step without `optional`, `0+` or `no`.",
  E0304: "Add `match`, `window … having …` or `expect … every …`.",
  E0305: "Add `by` and the fields that belong together, or `by all`.",
  E0306: "Give one of the steps a name: `then later: Login`.",
  E0307: "Give as many fields as the match's own `by` has, without `as`.",
  E0308: "Remove the clause, or use the body that it belongs to.",
  E0309: "Keep one of them.",
  E0310:
    "Give the step a count and put the condition behind `each`: `2+ Temp each value > prev.value`.",
  E0311: "Give the step a count, or use `where`.",
  E0312: "Write a count before the modifier: `1+ consecutive Login`.",
  E0313: "Correct the count, or raise `limit N events per match`.",
  E0314: "Put `within` on the step behind the `no`, which ends its watch.",
  E0315: "Write `then no` or `next no`.",
  E0316: "Name the steps within the braces.",
  E0317: "Use `match`, or keep to steps with fixed counts, `no` and `then`.",
  E0318: "Give the step an open count: `1+ Login until …`.",
  E0319: "Write a number above zero.",
  E0320:
    "Split the rule: one over the alerts of another; or name several events in one step with `or`.",
  E0401: "Compare the value with something, or ask `exists(x)`.",
  E0402:
    "Convert one side (`to_number`, `to_text`), or pick one value of the list: `last(step).field`.",
  E0403: "Ask `exists(x)`, `x == null` or `x ?? default`.",
  E0404: "Give a value of the type that the message names.",
  E0405: "Correct the name; docs/FUNCTIONS.md lists all functions.",
  E0406: "Give the arguments that the message shows.",
  E0407: "Correct the argument: it is constant, so it would fail for every event.",
  E0408:
    "Write the expression in a simpler way: `fn` and `let` are written out where they are used.",
  E0409: "Say which event: `first(step)`, `last(step)`, `nth(step, i)`.",
  E0410: "Say of which step: `count(step)`, `sum(step.field)`.",
  E0411: "The syntax is RE2's: no look-around and no back-references.",
  E0412:
    "Write a constant; `like`, `contains`, `starts with` and `ends with` take texts from events.",
  E0501: "Correct the key.",
  E0502: "Write one of the values that the message names.",
  E0503: "Add `severity info`, `low`, `medium`, `high` or `critical`.",
  E0504: "Keep one of them; several values are separated by commas.",
  E0505:
    "Write names joined by dots; `*` stands for one, `>` at the end for the rest. `to` has no wildcards.",
  E0506: "Write one of the types or units that the message names.",
  E0507:
    'Dates are written `"2025-12-31"`, zones as `Europe/Berlin`, formats with a year (`yyyy`).',
  E0508: "Give one of the fields another name.",
  E0601: "Correct the event: each field once, from a stream or event, at least once.",
  E0602: "Test with fewer events: a test holds at most 100,000.",
  E0603: "Keep the expectation that is meant; a test needs one.",
  E0701: "Correct the path, which is relative to the rule file, or create the file.",
  E0702: "Correct the name of the column; the first line of a CSV file names them.",
  E0703: "Correct the lines that the message names.",
  E0704: "Name a `.txt` or `.csv` file for a list, a `.csv` or `.ndjson` file for a table.",
  W0401:
    "Correct the condition; to switch a part of a rule on purpose, give the constant a name with `let`.",
  W0402: "Correct the step's condition, or name another event.",
  W0403: "Apply the fix: the plain test is cheaper, and easier to read.",
  W0404: "Shorten the bound, or lengthen the match's.",
  W0405: "Pick one value with `first(s)` or `last(s)`, or ask `x in s.field`.",
  W0406: "Correct the value; the message tells which ones the function gives.",
  W0407: "Ask for a range, or whether two values are close: `abs(a - b) < 0.001`.",
  W0408:
    "Write `==`, or add the wildcard that is missing. Behind a backslash `*` and `?` are themselves.",
  W0409: "Remove one of them.",
  W0410: "Correct one side.",
  W0501: "Write ids such as `T1110` or `T1110.001`.",
  W0502: "Lower the severity until the rule is tested, or raise its status.",
  W0503: "Remove the exception, or give it another date.",
  W0504: "Remove one of the rules, or the difference that was meant is missing.",
  W0505: "Add a `test` with events that alert, and one with events that do not.",
  W0506: "Set the mode of the rule below to `live`, or that of this one to `shadow`.",
  W0601: "Give the event on a stream that the rule reads.",
  W0602: "Correct the field, or write the event by the name of its stream.",
  W0603: "Correct the name or the value, or declare the field.",
  W0701: "Remove one of the rows.",
  W0702: "Fill the key in, or remove the row.",
  W0703: "Put cells with commas in double quotes, or name the column.",
  W0704: "Fill the file; a condition on an empty list is never true.",
  W0705:
    "Nothing is wrong: `sequitur run` reads the bucket. Tests of the rule find the list or table empty.",
  W0801: "Use `then`, or loops without `any`; or bound the count, and the time.",
  W0802: "Lower the limits, or measure that memory suffices.",
};

const MEANINGS: Record<DiagnosticCode, string> = { ...SYNTAX_MEANINGS, ...ERRORS, ...WARNINGS };

/** All codes in their order. */
export const DIAGNOSTIC_CODES: ReadonlyMap<string, DiagnosticEntry> = new Map(
  (Object.keys(REPAIRS) as DiagnosticCode[]).map((code) => [
    code,
    {
      severity: code.startsWith("E") ? "error" : "warning",
      meaning: MEANINGS[code],
      repair: REPAIRS[code],
    },
  ]),
);
