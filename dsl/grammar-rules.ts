/**
 * The grammar of what stands in a rule: metadata (D-6), the body, and the clauses (M-15 to M-17, section 8).
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod } from "chevrotain";
import { nearest } from "../base/edit-distance.ts";
import type * as ast from "./ast.ts";
import { WindowGrammar } from "./grammar-windows.ts";
import type { Token } from "./lexer.ts";
import { isPart, misplaced } from "./misplaced.ts";
import { replaceWith, SYNTAX } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

/** A part of a rule's block; null for a damaged one. */
export type Statement =
  | { readonly kind: "metadata"; readonly metadata: ast.Metadata }
  | {
      readonly kind: "body";
      readonly body: NonNullable<Extract<ast.Declaration, { kind: "rule" }>["body"]>;
    }
  | { readonly kind: "clause"; readonly clause: ast.Clause }
  | null;

const METADATA: readonly string[] = [
  ...["description", "severity", "risk", "status", "owner", "attack", "tags", "references"],
  ...["false_positives", "runbook", "mode", "was"],
];

/** The words that begin a statement of a rule, metadata first. */
export const STATEMENT_STARTS: ReadonlySet<string> = new Set([
  ...METADATA,
  ...["match", "window", "expect", "having", "alert", "on", "once", "skip", "limit"],
]);

const NO_TITLE: ast.Template | null = null;

export abstract class RuleGrammar extends WindowGrammar {
  /** Titles of alerts, read beforehand, by the offset of their text. */
  templates: ReadonlyMap<number, ast.Template> = new Map();

  readonly metadata: ParserMethod<[], ast.Metadata> = this.RULE("metadata", () => {
    const start = this.LA(1);
    this.ACTION(() => this.#checkMetadataName(start));
    const name = this.CONSUME(t.Word);
    const values = [this.SUBRULE(this.metadataValue)];
    this.MANY({
      GATE: () => !this.#statementBehindComma(),
      DEF: () => {
        this.CONSUME(t.Comma);
        values.push(this.SUBRULE2(this.metadataValue));
      },
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    return this.ACTION(() => ({ name: this.toName(name), values, span: this.spanFrom(start) }));
  });

  /**
   * Other unknown names are for the checker; a part of the body, or what is nearly a clause, would drag its own words
   * along.
   */
  #checkMetadataName(token: Token): void {
    if (METADATA.includes(token.image)) return;
    const { file, source, input: tokens } = this;
    if (isPart(token.image)) {
      const problem = misplaced({ file, source, tokens, at: tokens.indexOf(token) });
      if (problem !== null) this.failWith(problem, token);
    }
    const meant = nearest(token.image, STATEMENT_STARTS);
    if (meant === null || METADATA.includes(meant)) return;
    this.fail(SYNTAX.misspelt, token, `a rule has no part called \`${token.image}\``, {
      label: `did you mean \`${meant}\`?`,
      fix: replaceWith(this.spanOf(token), meant),
    });
  }

  /** A comma at the end of a list of values, and a new statement on the next line. */
  #statementBehindComma(): boolean {
    const next = this.LA(2);
    if (next.tokenType === t.RightBrace) return true;
    const newLine = (next.startLine ?? 0) > (this.LA(1).startLine ?? 0);
    return newLine && STATEMENT_STARTS.has(next.image);
  }

  /** A text, a number, or a dotted word such as `T1110.001`, as it is written. */
  readonly metadataValue: ParserMethod<[], ast.Metadata["values"][number]> = this.RULE(
    "metadataValue",
    () => {
      const start = this.LA(1);
      this.OR({
        DEF: [
          { ALT: () => this.CONSUME(t.TextLiteral) },
          { ALT: () => this.CONSUME(t.Integer) },
          { ALT: () => this.CONSUME(t.Decimal) },
          { ALT: () => this.CONSUME(t.DurationLiteral) },
          { ALT: () => this.CONSUME(t.SizeLiteral) },
          {
            ALT: () => {
              this.CONSUME(t.Word);
              this.MANY(() => {
                this.CONSUME(t.Dot);
                this.OR2([
                  { ALT: () => this.CONSUME2(t.Word) },
                  { ALT: () => this.CONSUME2(t.Integer) },
                  { ALT: () => this.CONSUME2(t.Decimal) },
                ]);
              });
            },
          },
        ],
        ERR_MSG: "a value",
      });
      return this.ACTION(() => {
        const span = this.spanFrom(start);
        if (start.tokenType === t.TextLiteral) return { text: this.toText(start).value, span };
        return { text: this.source.slice(span.start, span.end).replace(/\s+/g, ""), span };
      });
    },
  );

  /** `name: expr`; null for a damaged one. */
  readonly dataField: ParserMethod<[], ast.DataField | null> = this.RULE("dataField", () => {
    this.enter("data");
    const field = this.OR<ast.DataField | null>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Damaged);
            return null;
          },
        },
        {
          ALT: () => {
            const start = this.LA(1);
            const name = this.SUBRULE(this.name_);
            this.CONSUME(t.Colon);
            const value = this.SUBRULE(this.expression);
            return this.ACTION(() => ({ name, value, span: this.spanFrom(start) }));
          },
        },
      ],
      ERR_MSG: "a name",
    });
    this.leave();
    return field;
  });

  readonly dataFields: ParserMethod<[], ast.DataField[]> = this.RULE("dataFields", () => {
    const fields: ast.DataField[] = [];
    this.CONSUME(t.LeftBrace);
    this.MANY(() => {
      const field = this.SUBRULE(this.dataField);
      if (field !== null) fields.push(field);
      this.OPTION(() => this.CONSUME(t.Comma));
    });
    this.CONSUME(t.RightBrace);
    return fields;
  });

  readonly alert: ParserMethod<[], ast.AlertClause> = this.RULE("alert", () => {
    const start = this.CONSUME(t.Alert);
    const title = this.OPTION(() => this.CONSUME(t.TextLiteral));
    const data = this.OPTION2(() => this.SUBRULE(this.dataFields));
    const to = this.OPTION3(() => {
      this.CONSUME(t.To);
      return this.CONSUME2(t.TextLiteral);
    });
    return this.ACTION(() => ({
      title: title === undefined ? NO_TITLE : this.#templateOf(title),
      data: data ?? null,
      to: to === undefined ? null : this.toText(to),
      span: this.spanFrom(start),
    }));
  });

  #templateOf(token: Token): ast.Template {
    const read = this.templates.get(token.startOffset);
    return read ?? { parts: [this.toText(token).value], span: this.spanOf(token) };
  }

  readonly onClause: ParserMethod<[], ast.Clause> = this.RULE("onClause", () => {
    const start = this.CONSUME(t.On);
    return this.OR<ast.Clause>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Timeout);
            const after = this.OPTION(() => {
              this.CONSUME(t.After);
              return this.SUBRULE(this.name_);
            });
            const alert = this.SUBRULE(this.alert);
            return this.ACTION(() => {
              const span = this.spanFrom(start);
              return { kind: "on timeout" as const, after: after ?? null, alert, span };
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Recovered);
            const alert = this.SUBRULE2(this.alert);
            return this.ACTION(() => {
              return { kind: "on recovered" as const, alert, span: this.spanFrom(start) };
            });
          },
        },
      ],
      ERR_MSG: "`timeout` or `recovered`",
    });
  });

  readonly onceClause: ParserMethod<[], ast.Clause> = this.RULE("onceClause", () => {
    const start = this.CONSUME(t.Once);
    this.CONSUME(t.Per);
    const per = [this.SUBRULE(this.expression)];
    this.MANY({
      GATE: () => !(this.sees(2, t.Every) && this.sees(3, t.DurationLiteral)),
      DEF: () => {
        this.CONSUME(t.Comma);
        per.push(this.SUBRULE2(this.expression));
      },
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    this.CONSUME(t.Every);
    const every = this.SUBRULE(this.duration);
    return this.ACTION(() => ({ kind: "once" as const, per, every, span: this.spanFrom(start) }));
  });

  readonly skipTarget: ParserMethod<[], ast.SkipTarget> = this.RULE("skipTarget", () =>
    this.OR<ast.SkipTarget>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.None);
            return { kind: "none" };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Past);
            const word = this.OR2({
              DEF: [{ ALT: () => this.CONSUME(t.Last) }, { ALT: () => this.CONSUME(t.All) }],
              ERR_MSG: "`last` or `all`",
            });
            return { kind: word.tokenType === t.All ? "past all" : "past last" };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.To);
            return this.OR3<ast.SkipTarget>({
              DEF: [
                {
                  ALT: () => {
                    this.CONSUME(t.Next);
                    return { kind: "to next" };
                  },
                },
                {
                  ALT: () => {
                    const word = this.OR4([
                      { ALT: () => this.CONSUME(t.First) },
                      { ALT: () => this.CONSUME2(t.Last) },
                    ]);
                    const step = this.SUBRULE(this.name_);
                    return { kind: word.tokenType === t.First ? "to first" : "to last", step };
                  },
                },
              ],
              ERR_MSG: "`next`, `first STEP` or `last STEP`",
            });
          },
        },
      ],
      ERR_MSG: "`none`, `to next`, `past last`, `past all`, `to first STEP` or `to last STEP`",
    }),
  );

  readonly skipClause: ParserMethod<[], ast.Clause> = this.RULE("skipClause", () => {
    const start = this.CONSUME(t.Skip);
    const target = this.SUBRULE(this.skipTarget);
    return this.ACTION(() => ({ kind: "skip" as const, target, span: this.spanFrom(start) }));
  });

  readonly limitClause: ParserMethod<[], ast.Clause> = this.RULE("limitClause", () => {
    const start = this.CONSUME(t.Limit);
    const count = this.CONSUME(t.Integer);
    const what = this.OR<Extract<ast.Clause, { kind: "limit" }>["what"]>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Open);
            const perKey = this.OPTION(() => {
              this.CONSUME(t.Per);
              return this.CONSUME(t.Key);
            });
            return perKey === undefined ? "open" : "open per key";
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Events);
            this.CONSUME2(t.Per);
            this.CONSUME(t.Match);
            return "events per match";
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Matches);
            this.CONSUME3(t.Per);
            this.CONSUME(t.Event);
            return "matches per event";
          },
        },
      ],
      ERR_MSG: "`open per key`, `open`, `events per match` or `matches per event`",
    });
    return this.ACTION(() => {
      const span = this.spanFrom(start);
      return { kind: "limit" as const, count: this.toCount(count), what, span };
    });
  });

  readonly clause: ParserMethod<[], ast.Clause> = this.RULE("clause", () => {
    const start = this.LA(1);
    return this.OR<ast.Clause>([
      {
        ALT: () => {
          const expr = this.SUBRULE(this.having);
          return this.ACTION(() => {
            return { kind: "having" as const, expr, span: this.spanFrom(start) };
          });
        },
      },
      {
        ALT: () => {
          const alert = this.SUBRULE(this.alert);
          return this.ACTION(() => {
            return { kind: "alert" as const, alert, span: this.spanFrom(start) };
          });
        },
      },
      { ALT: () => this.SUBRULE(this.onClause) },
      { ALT: () => this.SUBRULE(this.onceClause) },
      { ALT: () => this.SUBRULE(this.skipClause) },
      { ALT: () => this.SUBRULE(this.limitClause) },
    ]);
  });

  readonly body: ParserMethod<[], Extract<Statement, { kind: "body" }>["body"]> = this.RULE(
    "body",
    () =>
      this.OR<Extract<Statement, { kind: "body" }>["body"]>([
        { ALT: () => this.SUBRULE(this.matchBody) },
        { ALT: () => this.SUBRULE(this.windowBody) },
        { ALT: () => this.SUBRULE(this.expectBody) },
      ]),
  );

  readonly statement: ParserMethod<[], Statement> = this.RULE("statement", () => {
    this.enter("statement");
    const statement = this.OR<Statement>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Damaged);
            return null;
          },
        },
        { ALT: () => ({ kind: "body", body: this.SUBRULE(this.body) }) },
        { ALT: () => ({ kind: "clause", clause: this.SUBRULE(this.clause) }) },
        { ALT: () => ({ kind: "metadata", metadata: this.SUBRULE(this.metadata) }) },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "metadata, a body or a clause",
    });
    this.leave();
    return statement;
  });
}
