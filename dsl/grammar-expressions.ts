/**
 * The grammar of literals and expressions (L-3, section 7).
 * An expression is read as a flat row of operands and operators, which `operators.ts` folds into a tree: so the depth of
 * calls grows with nesting only, and nesting is bounded.
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod, TokenType } from "chevrotain";
import type { Span } from "../base/diagnostic.ts";
import type { Expr, PathSegment } from "./ast.ts";
import { MAX_DEPTH, NameGrammar } from "./grammar-names.ts";
import type { Token } from "./lexer.ts";
import { readNumber } from "./literals.ts";
import {
  binaryOperator,
  foldOperators,
  type Infix,
  type Operand,
  type Prefix,
} from "./operators.ts";
import { replaceWith, SYNTAX, syntaxError } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** Operators in one row beyond this are refused: the tree leans left and is as deep as the row is long. */
export const MAX_ROW = 400;

const LAMBDAS: ReadonlySet<string> = new Set(["any", "all", "map", "filter"]);

/** Word operators that `not` and `~` may stand before. */
const WORD_TESTS: ReadonlySet<TokenType> = new Set([
  t.In,
  t.Like,
  t.Matches,
  t.Contains,
  t.Starts,
  t.Ends,
]);

export abstract class ExpressionGrammar extends NameGrammar {
  readonly expression: ParserMethod<[], Expr> = this.RULE("expression", () => {
    this.deeper();
    const operands = [this.SUBRULE(this.operand)];
    const operators: Infix[] = [];
    this.MANY({
      GATE: () => this.#operatorAhead(),
      DEF: () => {
        if (operators.length >= MAX_ROW) this.#failLongRow();
        operators.push(this.SUBRULE(this.operator));
        operands.push(this.SUBRULE2(this.operand));
      },
    });
    this.shallower();
    return this.ACTION(() => foldOperators(operands, operators, (infix) => this.#chain(infix)));
  });

  #failLongRow(): never {
    return this.fail(SYNTAX.tooDeep, this.LA(1), `this row has more than ${MAX_ROW} operators`, {
      notes: ["many values of one field fit a list: `field in [a, b]`"],
    });
  }

  #chain(infix: Infix): void {
    this.reports.push(
      syntaxError(SYNTAX.comparisonChain, infix.span, "comparisons do not chain", {
        notes: ["`a < b < c` is written `a < b and b < c`"],
      }),
    );
  }

  /** A word before a colon is a name of what comes next (`{ a: x  in: y }`), not an operator. */
  #operatorAhead(): boolean {
    const next = this.LA(1).tokenType;
    if (next === t.Tilde || next.CATEGORIES?.[0] === t.SymbolOperator) return true;
    if (this.sees(2, t.Colon)) return false;
    if (next === t.Not) return this.sees(2, t.Tilde) || WORD_TESTS.has(this.LA(2).tokenType);
    return next === t.And || next === t.Or || WORD_TESTS.has(next);
  }

  readonly operator: ParserMethod<[], Infix> = this.RULE("operator", () => {
    const start = this.LA(1);
    let negated = false;
    let caseless = false;
    const word = this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.SymbolOperator) },
        { ALT: () => this.CONSUME(t.And) },
        { ALT: () => this.CONSUME(t.Or) },
        {
          ALT: () => {
            this.OPTION(() => {
              this.CONSUME(t.Not);
              negated = true;
            });
            this.OPTION2(() => {
              this.CONSUME(t.Tilde);
              caseless = true;
            });
            return this.SUBRULE(this.wordTest);
          },
        },
      ],
    });
    return this.ACTION(() => {
      const span = this.spanFrom(start);
      if (word.tokenType === t.Assign) {
        this.reports.push(
          syntaxError(SYNTAX.foreignOperator, span, "a comparison is written `==`", {
            fix: replaceWith(span, "=="),
          }),
        );
      }
      return { operator: binaryOperator(word.image), negated, caseless, span };
    });
  });

  readonly wordTest: ParserMethod<[], Token> = this.RULE("wordTest", () =>
    this.OR({
      DEF: [
        { ALT: () => this.CONSUME(t.In) },
        { ALT: () => this.CONSUME(t.Like) },
        { ALT: () => this.CONSUME(t.Matches) },
        { ALT: () => this.CONSUME(t.Contains) },
        {
          ALT: () => {
            const word = this.CONSUME(t.Starts);
            this.CONSUME(t.With);
            return word;
          },
        },
        {
          ALT: () => {
            const word = this.CONSUME(t.Ends);
            this.CONSUME2(t.With);
            return word;
          },
        },
      ],
      ERR_MSG: "`in`, `like`, `matches`, `contains`, `starts with` or `ends with`",
    }),
  );

  readonly operand: ParserMethod<[], Operand> = this.RULE("operand", () => {
    const prefixes: Prefix[] = [];
    this.MANY({
      GATE: () => this.#prefixAhead(prefixes.length),
      DEF: () => {
        const token = this.OR([
          { ALT: () => this.CONSUME(t.Not) },
          { ALT: () => this.CONSUME(t.Minus) },
        ]);
        this.ACTION(() => {
          const kind = token.tokenType === t.Not ? "not" : "negate";
          prefixes.push({ kind, span: this.spanOf(token) });
        });
      },
    });
    const expr = this.SUBRULE(this.postfix);
    return this.ACTION(() => ({ prefixes, expr }));
  });

  /** `not` is a field where an operator, a dot or the end of the operand follows it. */
  #prefixAhead(before: number): boolean {
    const isPrefix =
      this.sees(1, t.Minus) || (this.sees(1, t.Not) && this.#operandAhead(2, t.Minus));
    if (isPrefix && before >= MAX_DEPTH) {
      this.fail(SYNTAX.tooDeep, this.LA(1), `more than ${MAX_DEPTH} signs stand before a value`);
    }
    return isPrefix;
  }

  /** True if the token `ahead` places on can begin an operand. */
  #operandAhead(ahead: number, ...also: readonly TokenType[]): boolean {
    return (
      this.seesName(ahead) ||
      this.sees(ahead, t.TextLiteral, t.Integer, t.Decimal, t.DurationLiteral, t.SizeLiteral) ||
      this.sees(ahead, t.LeftParen, t.LeftBracket, ...also)
    );
  }

  /** An operand with the members and look-ups behind it. */
  readonly postfix: ParserMethod<[], Expr> = this.RULE("postfix", () => {
    const start = this.LA(1);
    let expr = this.SUBRULE(this.primary);
    let length = 0;
    this.MANY(() => {
      length += 1;
      if (length > MAX_DEPTH) {
        this.fail(SYNTAX.tooDeep, this.LA(1), `this path has more than ${MAX_DEPTH} parts`);
      }
      this.OR({
        DEF: [
          {
            GATE: () => this.sees(1, t.Dot) || this.#indexAhead(),
            ALT: () => {
              const segment = this.SUBRULE(this.segment);
              this.ACTION(() => {
                expr = extend(expr, segment, this.spanFrom(start));
              });
            },
          },
          {
            ALT: () => {
              this.CONSUME(t.LeftBracket);
              const key = this.SUBRULE(this.expression);
              this.CONSUME(t.RightBracket);
              this.ACTION(() => {
                expr = { kind: "lookup", of: expr, key, span: this.spanFrom(start) };
              });
            },
          },
        ],
        IGNORE_AMBIGUITIES: true,
        MAX_LOOKAHEAD: 1,
      });
    });
    return expr;
  });

  #indexAhead(): boolean {
    const digits = this.sees(2, t.Minus) ? 3 : 2;
    return this.sees(digits, t.Integer) && this.sees(digits + 1, t.RightBracket);
  }

  readonly primary: ParserMethod<[], Expr> = this.RULE("primary", () =>
    this.OR<Expr>({
      DEF: [
        { ALT: () => this.SUBRULE(this.literal) },
        { ALT: () => this.SUBRULE(this.list) },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen);
            const inner = this.SUBRULE(this.expression);
            this.CONSUME(t.RightParen);
            return inner;
          },
        },
        { GATE: () => this.#ifAhead(), ALT: () => this.SUBRULE(this.choice) },
        { GATE: () => this.#lambdaAhead(), ALT: () => this.SUBRULE(this.lambda) },
        { GATE: () => this.sees(2, t.LeftParen), ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.bareName) },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "a value",
    }),
  );

  #ifAhead(): boolean {
    if (!this.sees(1, t.If) || !this.#operandAhead(2) || this.sees(2, t.LeftBracket)) return false;
    const after = this.LA(2).tokenType;
    if (after === t.Not) return !WORD_TESTS.has(this.LA(3).tokenType);
    return ![t.And, t.Or, t.Then, t.Else].includes(after) && !WORD_TESTS.has(after);
  }

  #lambdaAhead(): boolean {
    return LAMBDAS.has(this.LA(1).image) && this.sees(2, t.LeftParen) && this.sees(4, t.In);
  }

  #toLiteral(token: Token): Expr {
    const span = this.spanOf(token);
    if (token.tokenType === t.TextLiteral) return { kind: "text", text: this.toText(token), span };
    const number = readNumber(token.image);
    switch (number.kind) {
      case "integer":
      case "decimal":
        return { kind: "number", value: number.value, span };
      case "duration":
        return { kind: "duration", ms: number.ms, span };
      case "size":
        return { kind: "size", bytes: number.bytes, span };
      case "bad":
        // Reported by the lexer.
        return { kind: "number", value: 0, span };
    }
  }

  readonly literal: ParserMethod<[], Expr> = this.RULE("literal", () => {
    const token = this.OR([
      { ALT: () => this.CONSUME(t.TextLiteral) },
      { ALT: () => this.CONSUME(t.Integer) },
      { ALT: () => this.CONSUME(t.Decimal) },
      { ALT: () => this.CONSUME(t.DurationLiteral) },
      { ALT: () => this.CONSUME(t.SizeLiteral) },
    ]);
    return this.ACTION(() => this.#toLiteral(token));
  });

  readonly list: ParserMethod<[], Expr> = this.RULE("list", () => {
    const start = this.CONSUME(t.LeftBracket);
    const items = this.OPTION(() => this.SUBRULE(this.expressions));
    this.CONSUME(t.RightBracket);
    return this.ACTION(() => {
      return { kind: "list" as const, items: items ?? [], span: this.spanFrom(start) };
    });
  });

  /** Expressions between commas, up to a closing bracket; one more comma may stand at the end. */
  readonly expressions: ParserMethod<[], Expr[]> = this.RULE("expressions", () => {
    const items = [this.SUBRULE(this.expression)];
    this.MANY({
      GATE: () => !this.sees(2, t.RightBracket, t.RightParen),
      DEF: () => {
        this.CONSUME(t.Comma);
        items.push(this.SUBRULE2(this.expression));
      },
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    return items;
  });

  readonly choice: ParserMethod<[], Expr> = this.RULE("choice", () => {
    const start = this.CONSUME(t.If);
    const test = this.SUBRULE(this.expression);
    this.CONSUME(t.Then);
    const yes = this.SUBRULE2(this.expression);
    this.CONSUME(t.Else);
    const no = this.SUBRULE3(this.expression);
    return this.ACTION(() => {
      // biome-ignore lint/suspicious/noThenProperty: the field's name is the word of the language, and no promise is near.
      return { kind: "if" as const, test, then: yes, else: no, span: this.spanFrom(start) };
    });
  });

  readonly lambda: ParserMethod<[], Expr> = this.RULE("lambda", () => {
    const name = this.CONSUME(t.Word);
    this.CONSUME(t.LeftParen);
    const parameter = this.CONSUME2(t.Word);
    this.CONSUME(t.In);
    const list = this.SUBRULE(this.expression);
    this.CONSUME(t.Colon);
    const body = this.SUBRULE2(this.expression);
    this.CONSUME(t.RightParen);
    return this.ACTION(() => ({
      kind: "lambda" as const,
      name: this.toName(name),
      parameter: this.toName(parameter),
      list,
      body,
      span: this.spanFrom(name),
    }));
  });

  readonly call: ParserMethod<[], Expr> = this.RULE("call", () => {
    const name = this.CONSUME(t.Word);
    this.CONSUME(t.LeftParen);
    const args = this.OPTION(() => this.SUBRULE(this.expressions));
    this.CONSUME(t.RightParen);
    return this.ACTION(() => ({
      kind: "call" as const,
      name: this.toName(name),
      args: args ?? [],
      span: this.spanFrom(name),
    }));
  });

  /** `true`, `false`, `null`, or the first name of a path. */
  readonly bareName: ParserMethod<[], Expr> = this.RULE("bareName", () => {
    const token = this.CONSUME(t.Name);
    return this.ACTION((): Expr => {
      const span = this.spanOf(token);
      const isPath = this.sees(1, t.Dot, t.LeftBracket);
      if (!isPath && token.tokenType === t.True) return { kind: "true", span };
      if (!isPath && token.tokenType === t.False) return { kind: "false", span };
      if (!isPath && token.tokenType === t.Null) return { kind: "null", span };
      const segments = [{ kind: "name" as const, name: this.toName(token) }];
      return { kind: "path", path: { segments, span }, span };
    });
  });
}

/** Behind a path a segment makes a longer path, behind anything else a member of it. */
function extend(expr: Expr, segment: PathSegment, span: Span): Expr {
  if (expr.kind !== "path") return { kind: "member", of: expr, segment, span };
  return { kind: "path", path: { segments: [...expr.path.segments, segment], span }, span };
}
