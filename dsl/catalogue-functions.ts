/**
 * The functions of the catalogue: names, types, null behaviour, and their line in the reference.
 *
 * Invariants
 *  C1  Optional parameters come after required ones; only the last parameter may be variadic.
 */

export type ParameterType = "text" | "number" | "boolean" | "list" | "object" | "any";
export type ResultType = "text" | "number" | "boolean" | "list" | "any";

export interface Parameter {
  readonly name: string;
  /** Any of these; "any" alone takes every value. */
  readonly types: readonly ParameterType[];
  readonly optional: boolean;
  /** Stands for one or more arguments. */
  readonly variadic: boolean;
}

export interface FunctionEntry {
  readonly name: string;
  readonly group:
    | "text"
    | "maths"
    | "time"
    | "net"
    | "geo"
    | "measure"
    | "hash"
    | "list"
    | "general";
  readonly parameters: readonly Parameter[];
  readonly result: ResultType;
  /** "null": any null argument, or one of a wrong type, gives null. "own": as the doc says. */
  readonly nulls: "null" | "own";
  /** "call": an `Expr` of kind "call", done by the run time. "own": the checker makes another node of it. */
  readonly node: "call" | "own";
  /** One sentence for the reference, without a full stop. */
  readonly doc: string;
  readonly example: string;
}

type Kind = ParameterType | readonly ParameterType[];

function parameter(name: string, types: Kind, optional: boolean, variadic: boolean): Parameter {
  return { name, types: typeof types === "string" ? [types] : types, optional, variadic };
}
/** A parameter that must be given. */
function given(name: string, types: Kind): Parameter {
  return parameter(name, types, false, false);
}
function maybe(name: string, types: Kind): Parameter {
  return parameter(name, types, true, false);
}
function many(name: string, types: Kind): Parameter {
  return parameter(name, types, false, true);
}

function entry(
  group: FunctionEntry["group"],
  name: string,
  parameters: readonly Parameter[],
  result: ResultType,
  doc: string,
  example: string,
  more: { readonly nulls?: "own"; readonly node?: "own" } = {},
): FunctionEntry {
  const { nulls = "null", node = "call" } = more;
  return { name, group, parameters, result, nulls, node, doc, example };
}

const TEXT: readonly FunctionEntry[] = [
  entry(
    "text",
    "lower",
    [given("text", "text")],
    "text",
    "The text in lower case, by Unicode, of no locale",
    `lower("ANA")`,
  ),
  entry(
    "text",
    "upper",
    [given("text", "text")],
    "text",
    "The text in upper case, by Unicode, of no locale",
    `upper("ana")`,
  ),
  entry(
    "text",
    "trim",
    [given("text", "text")],
    "text",
    "The text without white space at both ends",
    `trim(" a ")`,
  ),
  entry(
    "text",
    "length",
    [given("of", ["text", "list"])],
    "number",
    "Code points of a text, or items of a list",
    `length(args)`,
  ),
  entry(
    "text",
    "substring",
    [given("text", "text"), given("start", "number"), maybe("end", "number")],
    "text",
    "Code points from `start` (from 0) up to `end`, which is not included; negative positions count from the end, and positions outside are moved to the nearest end",
    `substring("abcd", 1, -1)`,
  ),
  entry(
    "text",
    "index_of",
    [given("text", "text"), given("part", "text"), maybe("from", "number")],
    "number",
    "Where `part` first stands at or after `from`, in code points from 0; null where it does not",
    `index_of("a=b", "=")`,
  ),
  entry(
    "text",
    "between",
    [given("text", "text"), given("left", "text"), given("right", "text")],
    "text",
    "What stands between the first `left` and the next `right`; null where one of them is missing",
    `between("u=ana;", "u=", ";")`,
  ),
  entry(
    "text",
    "split",
    [given("text", "text"), given("separator", "text")],
    "list",
    "The parts of the text; an empty separator gives its code points",
    `split("a,b", ",")`,
  ),
  entry(
    "text",
    "join",
    [given("list", "list"), given("separator", "text")],
    "text",
    "The items as texts with the separator between them; nulls are left out",
    `join(["a", "b"], ",")`,
  ),
  entry(
    "text",
    "replace",
    [given("text", "text"), given("part", "text"), given("by", "text")],
    "text",
    "The text with every `part` replaced; an empty part changes nothing",
    `replace(host, ".local", "")`,
  ),
  entry(
    "text",
    "concat",
    [many("values", "any")],
    "text",
    "The values as texts, one after the other",
    `concat(user, "@", host)`,
  ),
  entry(
    "text",
    "format",
    [given("template", "text"), parameter("values", "any", true, true)],
    "text",
    "The template with each `{}` replaced by the next value as text; null is shown as `null`, and a `{}` without a value stays",
    `format("{} of {}", 3, 5)`,
    { nulls: "own" },
  ),
];

const MATHS: readonly FunctionEntry[] = [
  entry("maths", "abs", [given("x", "number")], "number", "The number without its sign", "abs(-3)"),
  entry(
    "maths",
    "floor",
    [given("x", "number")],
    "number",
    "The greatest integer that is not above x",
    "floor(2.7)",
  ),
  entry(
    "maths",
    "ceil",
    [given("x", "number")],
    "number",
    "The least integer that is not below x",
    "ceil(2.1)",
  ),
  entry(
    "maths",
    "round",
    [given("x", "number"), maybe("digits", "number")],
    "number",
    "x rounded to `digits` decimals (0 to 15, default 0), halves away from zero",
    "round(2.345, 2)",
  ),
  entry(
    "maths",
    "least",
    [many("values", "number")],
    "number",
    "The least of the numbers",
    "least(a.n, b.n)",
  ),
  entry(
    "maths",
    "greatest",
    [many("values", "number")],
    "number",
    "The greatest of the numbers",
    "greatest(a.n, b.n)",
  ),
  entry(
    "maths",
    "sqrt",
    [given("x", "number")],
    "number",
    "The square root; null below 0",
    "sqrt(2)",
  ),
  entry(
    "maths",
    "log",
    [given("x", "number"), maybe("base", "number")],
    "number",
    "The natural logarithm, or that to `base`; null at and below 0",
    "log(1000, 10)",
  ),
  entry(
    "maths",
    "pow",
    [given("x", "number"), given("y", "number")],
    "number",
    "x to the power of y; null where the result is not a finite number",
    "pow(2, 10)",
  ),
];

const ZONE: Parameter = maybe("zone", "text");

const TIME: readonly FunctionEntry[] = [
  entry(
    "time",
    "hour",
    [given("time", "number"), ZONE],
    "number",
    "The hour of the day, 0 to 23, in the zone (an IANA name, default UTC)",
    `hour(time(), "Europe/Berlin")`,
  ),
  entry(
    "time",
    "day_of_week",
    [given("time", "number"), ZONE],
    "number",
    "1 for Monday to 7 for Sunday, in the zone (default UTC)",
    "day_of_week(time()) >= 6",
  ),
  entry(
    "time",
    "date",
    [given("time", "number"), ZONE],
    "text",
    "The date as YYYY-MM-DD, in the zone (default UTC)",
    "date(time())",
  ),
  entry(
    "time",
    "hours",
    [given("duration", "number")],
    "number",
    "A duration, which is in ms, as a number of hours, with its fraction",
    "hours(time(b) - time(a))",
  ),
  entry(
    "time",
    "minutes",
    [given("duration", "number")],
    "number",
    "A duration, which is in ms, as a number of minutes, with its fraction",
    "minutes(time(b) - time(a))",
  ),
  entry(
    "time",
    "seconds",
    [given("duration", "number")],
    "number",
    "A duration, which is in ms, as a number of seconds, with its fraction",
    "seconds(time(b) - time(a))",
  ),
  entry(
    "time",
    "parse_time",
    [given("text", "text"), maybe("format", "text"), ZONE],
    "number",
    "The time in ms that the text says, by RFC 3339 or by the format (Luxon's tokens), in the zone (default UTC) where the text names none; null where it says none",
    `parse_time(sent, "yyyy-MM-dd HH:mm")`,
  ),
];

const NET: readonly FunctionEntry[] = [
  entry(
    "net",
    "cidr",
    [given("ip", "text"), many("ranges", ["text", "list"])],
    "boolean",
    "Is the address in one of the ranges? Compared as numbers, an IPv4-mapped IPv6 address as IPv4; null where the text is no address",
    `cidr(ip, "10.0.0.0/8", "fd00::/8")`,
  ),
  entry(
    "net",
    "is_private",
    [given("ip", "text")],
    "boolean",
    "Is the address private, local to a link, of the loopback or unspecified (RFC 1918, 3927, 4193, 4291, 6598)? Null where the text is no address",
    "is_private(src)",
  ),
  entry(
    "net",
    "ip_version",
    [given("ip", "text")],
    "number",
    "4 or 6 (an IPv4-mapped IPv6 address is 6); null where the text is no address",
    "ip_version(src) == 6",
  ),
];

const OTHERS: readonly FunctionEntry[] = [
  entry(
    "geo",
    "distance_km",
    [given("a", "object"), given("b", "object")],
    "number",
    "The great-circle distance of two places, objects with `lat` and `lon` in degrees, in kilometres; null where one of the four numbers is missing or out of range",
    "distance_km(a.geo, b.geo)",
  ),
  entry(
    "measure",
    "entropy",
    [given("text", "text")],
    "number",
    "Shannon entropy of the text's code points in bits; 0 for the empty text",
    "entropy(domain) > 3.5",
  ),
  entry(
    "measure",
    "levenshtein",
    [given("a", "text"), given("b", "text")],
    "number",
    "The least number of code points to insert, delete or replace that makes one text of the other; null where one has more than 1,024",
    `levenshtein(domain, "example.com") <= 2`,
  ),
  entry(
    "hash",
    "sha256",
    [given("text", "text")],
    "text",
    "SHA-256 of the text's UTF-8 bytes, 64 lower-case hexadecimal digits",
    "sha256(user)",
  ),
  entry(
    "list",
    "unique",
    [given("list", "list")],
    "list",
    "The list with each value once, in the order of their first places",
    "length(unique(ports))",
  ),
  entry(
    "general",
    "coalesce",
    [many("values", "any")],
    "any",
    "The first value that is not null, as `a ?? b` does",
    `coalesce(user, "nobody")`,
    { nulls: "own", node: "own" },
  ),
  entry(
    "general",
    "exists",
    [given("value", "any")],
    "boolean",
    "Is the value not null? Never unknown",
    "exists(geo.lat)",
    { nulls: "own", node: "own" },
  ),
  entry(
    "general",
    "type_of",
    [given("value", "any")],
    "text",
    "The value's type: null, boolean, number, text, list or object",
    `type_of(port) == "number"`,
    { nulls: "own" },
  ),
  entry(
    "general",
    "to_number",
    [given("value", ["text", "number", "boolean"]), maybe("base", "number")],
    "number",
    "The number that the text writes (to a base from 2 to 36 an integer, `0x` allowed to 16), a number itself, 1 or 0 for true or false; null where it writes none",
    `to_number("ff", 16)`,
  ),
  entry(
    "general",
    "to_text",
    [given("value", "any")],
    "text",
    "The value as text: texts as they are, lists and objects as JSON",
    "to_text(port)",
  ),
];

/** All plain functions, grouped for the reference. */
export const FUNCTIONS: readonly FunctionEntry[] = [...TEXT, ...MATHS, ...TIME, ...NET, ...OTHERS];
