/**
 * What all parts of the grammar share: names and paths (L-2), spans, bounded depth, and the record of which item was
 * being read when the parser failed.
 *
 * The parser gives up at the first error of an input; `parse.ts` mends the tokens and reads again, which finds the next.
 * Rules are written once and run twice: the library first records them with empty tokens, so they build nodes only
 * inside `ACTION`.
 * The classes of the grammar form one chain because the library takes its rules from one object.
 * One of the door files of the package `chevrotain`.
 */

import {
  EmbeddedActionsParser,
  type IParserErrorMessageProvider,
  NoViableAltException,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import type { Diagnostic, Span } from "../base/diagnostic.ts";
import type { DottedName, Duration, Name, Path, PathSegment, Text } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { readNumber, scanText, textValue } from "./literals.ts";
import { SYNTAX, type SyntaxCode, syntaxError } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** Nesting of expressions, braces and values beyond this is refused. */
export const MAX_DEPTH = 100;

/** Parts of blocks that can be damaged without the rest of the block. */
export type ItemKind =
  | "option"
  | "field"
  | "statement"
  | "element"
  | "data"
  | "test item"
  | "test field";

/** What the parser knows when it gives up on its own account. */
export class SyntaxProblem extends Error {
  override readonly name = "SyntaxProblem";
  readonly diagnostic: Diagnostic;
  readonly token: Token;

  constructor(diagnostic: Diagnostic, token: Token) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
    this.token = token;
  }
}

/** Says only what was expected; `explain.ts` makes the sentence. */
const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.LABEL ?? expected.name,
  buildNoViableAltMessage: () => "something else",
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? "something else",
  buildNotAllInputParsedMessage: () => "a declaration",
};

/** What the library's parsers have beyond their published types: it notes where the error happened. */
interface ErrorKeeper {
  SAVE_ERROR(error: Error): Error;
}

export abstract class NameGrammar extends EmbeddedActionsParser {
  /** Name of the file in spans. */
  file = "";
  /** The whole text of the file. */
  source = "";
  /** Errors that did not stop the parser. */
  reports: Diagnostic[] = [];
  /** Items that have begun and not ended, outermost first: kind and offset of the first character. */
  open: { readonly kind: ItemKind; readonly start: number }[] = [];
  #depth = 0;

  /** `validated`: is the grammar itself examined for ambiguities? It takes a tenth of a second. */
  constructor(validated: boolean) {
    super([...t.VOCABULARY], {
      recoveryEnabled: false,
      maxLookahead: 2,
      skipValidations: !validated,
      errorMessageProvider: expectations,
    });
  }

  /**
   * Takes the place of the library's own method, which first works out every way in which each alternative could go on,
   * for a message that is not wanted here: half a millisecond for each mistake of an author.
   */
  protected raiseNoAltException(_: number, description: string | undefined): never {
    const message = description ?? "something else";
    const error = new NoViableAltException(message, this.LA(1), this.LA(0));
    throw (this as unknown as ErrorKeeper).SAVE_ERROR(error);
  }

  /** Prepares for another input. */
  protected begin(file: string, source: string): void {
    this.file = file;
    this.source = source;
    this.reports = [];
    this.open = [];
    this.#depth = 0;
  }

  /** From the first character of `start` to the last one consumed. */
  protected spanFrom(start: Token): Span {
    const end = (this.LA(0).endOffset ?? start.startOffset) + 1;
    return { file: this.file, start: start.startOffset, end: Math.max(end, start.startOffset) };
  }

  protected spanOf(token: Token): Span {
    return {
      file: this.file,
      start: token.startOffset,
      end: (token.endOffset ?? token.startOffset) + 1,
    };
  }

  /** True if the token `ahead` places on is of one of `types`. */
  protected sees(ahead: number, ...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(ahead).tokenType);
  }

  /** True if the token `ahead` places on may be a word or a name in back quotes. */
  protected seesName(ahead: number): boolean {
    const type = this.LA(ahead).tokenType;
    return type === t.QuotedName || type === t.Word || type.CATEGORIES?.[0] === t.Word;
  }

  protected enter(kind: ItemKind): void {
    this.open.push({ kind, start: this.LA(1).startOffset });
  }

  protected leave(): void {
    this.open.pop();
  }

  protected deeper(): void {
    this.#depth += 1;
    if (this.#depth <= MAX_DEPTH) return;
    this.fail(SYNTAX.tooDeep, this.LA(1), `this is nested more than ${MAX_DEPTH} deep`);
  }

  protected shallower(): void {
    this.#depth -= 1;
  }

  /** Gives up at `token`. */
  protected fail(
    code: SyntaxCode,
    token: Token,
    message: string,
    more: Parameters<typeof syntaxError>[3] = {},
  ): never {
    this.failWith(syntaxError(code, this.spanOf(token), message, more), token);
  }

  protected failWith(diagnostic: Diagnostic, token: Token): never {
    throw new SyntaxProblem(diagnostic, token);
  }

  protected toName(token: Token): Name {
    const quoted = token.tokenType === t.QuotedName;
    const text = quoted ? token.image.replaceAll("`", "") : token.image;
    return { text, quoted, span: this.spanOf(token) };
  }

  protected toText(token: Token): Text {
    const scanned = scanText(token.image, 0);
    const span = this.spanOf(token);
    if (scanned === null) return { value: "", raw: false, span };
    const body = token.image.slice(scanned.bodyStart, scanned.bodyEnd);
    return { value: textValue(body, scanned.form), raw: scanned.form === "raw", span };
  }

  protected toDuration(token: Token): Duration {
    const number = readNumber(token.image);
    return { ms: number.kind === "duration" ? number.ms : 0, span: this.spanOf(token) };
  }

  /** A count: what is beyond 2^53 is as good as no limit. */
  protected toCount(token: Token): number {
    const number = readNumber(token.image);
    if (number.kind !== "integer") return 0;
    return typeof number.value === "bigint" ? Number.MAX_SAFE_INTEGER : number.value;
  }

  readonly name_: ParserMethod<[], Name> = this.RULE("name_", () => {
    const token = this.CONSUME(t.Name);
    return this.ACTION(() => this.toName(token));
  });

  /** `auth.bruteforce` */
  readonly dottedName: ParserMethod<[], DottedName> = this.RULE("dottedName", () => {
    const names = [this.CONSUME(t.Name)];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      names.push(this.CONSUME2(t.Name));
    });
    return this.ACTION(() => {
      const text = names.map((name) => this.toName(name).text).join(".");
      const [first = this.LA(0)] = names;
      return { text, span: this.spanFrom(first) };
    });
  });

  /** A path on its own, as options and keys have it: a look-up has no place there. */
  readonly path: ParserMethod<[], Path> = this.RULE("path", () => {
    const first = this.CONSUME(t.Name);
    const segments: PathSegment[] = [];
    this.MANY(() => segments.push(this.SUBRULE(this.segment)));
    return this.ACTION(() => ({
      segments: [{ kind: "name" as const, name: this.toName(first) }, ...segments],
      span: this.spanFrom(first),
    }));
  });

  /** `.name`, `[0]` or `[-1]` */
  readonly segment: ParserMethod<[], PathSegment> = this.RULE("segment", () =>
    this.OR<PathSegment>([
      {
        ALT: () => {
          this.CONSUME(t.Dot);
          const name = this.CONSUME(t.Name);
          return this.ACTION(() => ({ kind: "name" as const, name: this.toName(name) }));
        },
      },
      {
        ALT: () => {
          const start = this.CONSUME(t.LeftBracket);
          const minus = this.OPTION(() => this.CONSUME(t.Minus));
          const digits = this.CONSUME(t.Integer);
          this.CONSUME(t.RightBracket);
          return this.ACTION(() => {
            const count = this.toCount(digits);
            const index = minus === undefined ? count : -count;
            return { kind: "index" as const, index, span: this.spanFrom(start) };
          });
        },
      },
    ]),
  );
}
