/**
 * The vocabulary of the language: every kind of token.
 * Words are contextual (L-2): each keyword is a kind of `Word`, so wherever the grammar asks for a `Word` or a `Name` any
 * keyword will do, and where it asks for a keyword only that one will. The lexer reads words by one pattern and then
 * gives keywords their own kind by looking them up, so keywords need no patterns.
 * One of the door files of the package `chevrotain`.
 */

import { createToken, Lexer, type TokenType } from "chevrotain";

/** Makes a pattern of a regular expression with Unicode classes, whose flags the library would drop. */
export function unicodePattern(
  sticky: RegExp,
): (source: string, offset: number) => [string] | null {
  return (source, offset) => {
    sticky.lastIndex = offset;
    const found = sticky.exec(source);
    return found === null ? null : [found[0]];
  };
}

/** A word or a name in back quotes. */
export const Name = createToken({ name: "Name", label: "a name", pattern: Lexer.NA });
export const Word = createToken({
  name: "Word",
  label: "a name",
  pattern: unicodePattern(/[\p{L}_][\p{L}\p{N}_]*/uy),
  categories: Name,
  line_breaks: false,
});
export const QuotedName = createToken({
  name: "QuotedName",
  label: "a name",
  pattern: /`[^`\n]*`/,
  categories: Name,
  line_breaks: false,
});
/** `"…"`, `r"…"` and `"""…"""`: told apart by the first characters. */
export const TextLiteral = createToken({
  name: "TextLiteral",
  label: "a text in double quotes",
  pattern: Lexer.NA,
});

export const Integer = createToken({ name: "Integer", label: "a whole number", pattern: Lexer.NA });
export const Decimal = createToken({ name: "Decimal", label: "a number", pattern: Lexer.NA });
export const DurationLiteral = createToken({
  name: "DurationLiteral",
  label: "a duration such as `5m`",
  pattern: Lexer.NA,
});
export const SizeLiteral = createToken({
  name: "SizeLiteral",
  label: "a size such as `5MB`",
  pattern: Lexer.NA,
});

/** Stands for a piece of source that is already reported: the grammar passes it wherever an item of a block may stand. */
export const Damaged = createToken({ name: "Damaged", label: "a damaged part", pattern: Lexer.NA });

function mark(name: string, image: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, label: `\`${image}\``, pattern: image, categories });
}

/** Every operator between two operands that is no word. */
export const SymbolOperator = createToken({
  name: "SymbolOperator",
  label: "an operator",
  pattern: Lexer.NA,
});
const infix = [SymbolOperator];
export const Equal = mark("Equal", "==", infix);
export const NotEqual = mark("NotEqual", "!=", infix);
export const LessOrEqual = mark("LessOrEqual", "<=", infix);
export const GreaterOrEqual = mark("GreaterOrEqual", ">=", infix);
export const Less = mark("Less", "<", infix);
export const Greater = mark("Greater", ">", infix);
export const SameText = mark("SameText", "=~", infix);
export const Coalesce = mark("Coalesce", "??", infix);
export const Plus = mark("Plus", "+", infix);
export const Minus = mark("Minus", "-", infix);
export const Star = mark("Star", "*", infix);
export const Slash = mark("Slash", "/", infix);
export const Percent = mark("Percent", "%", infix);
/** Among the operators too: `=` for `==` is taken and reported. */
export const Assign = mark("Assign", "=", infix);

export const Tilde = mark("Tilde", "~");
export const Question = mark("Question", "?");
export const LeftBrace = mark("LeftBrace", "{");
export const RightBrace = mark("RightBrace", "}");
export const LeftParen = mark("LeftParen", "(");
export const RightParen = mark("RightParen", ")");
export const LeftBracket = mark("LeftBracket", "[");
export const RightBracket = mark("RightBracket", "]");
export const Comma = mark("Comma", ",");
export const Colon = mark("Colon", ":");
export const DotDot = mark("DotDot", "..");
export const Dot = mark("Dot", ".");

const keywords = new Map<string, TokenType>();
function keyword(image: string): TokenType {
  const type = createToken({
    name: `Word_${image}`,
    label: `\`${image}\``,
    pattern: Lexer.NA,
    categories: Word,
  });
  keywords.set(image, type);
  return type;
}

export const Accept = keyword("accept");
export const Advance = keyword("advance");
export const After = keyword("after");
export const Alert = keyword("alert");
export const Alerts = keyword("alerts");
export const All = keyword("all");
export const And = keyword("and");
export const Any = keyword("any");
export const As = keyword("as");
export const At = keyword("at");
export const Because = keyword("because");
export const By = keyword("by");
export const Column = keyword("column");
export const Consecutive = keyword("consecutive");
export const Contains = keyword("contains");
export const Delay = keyword("delay");
export const Drop = keyword("drop");
export const Each = keyword("each");
export const Either = keyword("either");
export const Else = keyword("else");
export const Ends = keyword("ends");
export const Event = keyword("event");
export const Events = keyword("events");
export const Every = keyword("every");
export const Exception = keyword("exception");
export const Expect = keyword("expect");
export const False = keyword("false");
export const Fields = keyword("fields");
export const First = keyword("first");
export const Fn = keyword("fn");
export const For = keyword("for");
export const Format = keyword("format");
export const From = keyword("from");
export const Gap = keyword("gap");
export const Greedy = keyword("greedy");
export const Having = keyword("having");
export const Id = keyword("id");
export const Idle = keyword("idle");
export const If = keyword("if");
export const In = keyword("in");
export const Key = keyword("key");
export const Kv = keyword("kv");
export const Last = keyword("last");
export const Late = keyword("late");
export const Latest = keyword("latest");
export const Let = keyword("let");
export const Like = keyword("like");
export const Limit = keyword("limit");
export const List = keyword("list");
export const Longest = keyword("longest");
export const Match = keyword("match");
export const Matches = keyword("matches");
export const Next = keyword("next");
export const No = keyword("no");
export const None = keyword("none");
export const Not = keyword("not");
export const Null = keyword("null");
export const Of = keyword("of");
export const Offset = keyword("offset");
export const On = keyword("on");
export const Once = keyword("once");
export const Open = keyword("open");
export const Optional = keyword("optional");
export const Or = keyword("or");
export const Over = keyword("over");
export const Past = keyword("past");
export const Per = keyword("per");
export const Recovered = keyword("recovered");
export const Rule = keyword("rule");
export const Shortest = keyword("shortest");
export const Skip = keyword("skip");
export const Starts = keyword("starts");
export const Stream = keyword("stream");
export const Table = keyword("table");
export const Test = keyword("test");
export const Then = keyword("then");
export const Time = keyword("time");
export const Timeout = keyword("timeout");
export const To = keyword("to");
export const True = keyword("true");
export const Unit = keyword("unit");
export const Until = keyword("until");
export const Where = keyword("where");
export const Window = keyword("window");
export const With = keyword("with");
export const Within = keyword("within");
export const Zone = keyword("zone");
/** `x5`, the repetition of a test's event. */
export const Times = createToken({
  name: "Times",
  label: "a repetition such as `x5`",
  pattern: Lexer.NA,
  categories: Word,
});

/** Keywords by their spelling. */
export const KEYWORDS: ReadonlyMap<string, TokenType> = keywords;

/** The first words of declarations. */
export const DECLARATION_WORDS: ReadonlySet<TokenType> = new Set([
  Stream,
  Event,
  List,
  Table,
  Let,
  Fn,
  Exception,
  Rule,
  Test,
]);

/** The first words of a rule's body and clauses. */
export const STATEMENT_WORDS: ReadonlySet<TokenType> = new Set([
  Match,
  Window,
  Expect,
  Having,
  Alert,
  On,
  Once,
  Skip,
  Limit,
]);

/** The first words of a stream's options. */
export const OPTION_WORDS: ReadonlySet<TokenType> = new Set([Time, Delay, Idle, Id, Late, Fields]);

/** What may follow the sources of a step: after one of these no step begins. */
export const STEP_FOLLOWERS: ReadonlySet<TokenType> = new Set([
  By,
  Where,
  Each,
  Having,
  Until,
  Within,
  Then,
  Next,
  Or,
]);

/** Every kind of token that the grammar mentions, for the parser. */
export const VOCABULARY: readonly TokenType[] = [
  ...[Name, Word, QuotedName, TextLiteral, Integer, Decimal, DurationLiteral, SizeLiteral, Damaged],
  ...[
    SymbolOperator,
    Equal,
    NotEqual,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    SameText,
    Coalesce,
  ],
  ...[Plus, Minus, Star, Slash, Percent, Assign, Tilde, Question, LeftBrace, RightBrace, LeftParen],
  ...[RightParen, LeftBracket, RightBracket, Comma, Colon, DotDot, Dot, Times],
  ...keywords.values(),
];
