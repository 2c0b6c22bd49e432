/**
 * The grammar of `match`: keys, steps, quantities, groups, links (section 4).
 * `any`, `optional`, `no` and the like are words of the grammar only where a step can still follow them; otherwise they are
 * names of sources or labels (L-2).
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod } from "chevrotain";
import type * as ast from "./ast.ts";
import { ExpressionGrammar } from "./grammar-expressions.ts";
import type { Token } from "./lexer.ts";
import * as t from "./tokens.ts";

type Linked = ast.Sequence["elements"][number];

export abstract class PatternGrammar extends ExpressionGrammar {
  readonly duration: ParserMethod<[], ast.Duration> = this.RULE("duration", () => {
    const token = this.CONSUME(t.DurationLiteral);
    return this.ACTION(() => this.toDuration(token));
  });

  readonly within: ParserMethod<[], ast.Duration> = this.RULE("within", () => {
    this.CONSUME(t.Within);
    return this.SUBRULE(this.duration);
  });

  readonly where: ParserMethod<[], ast.Expr> = this.RULE("where", () => {
    this.CONSUME(t.Where);
    return this.SUBRULE(this.expression);
  });

  readonly having: ParserMethod<[], ast.Expr> = this.RULE("having", () => {
    this.CONSUME(t.Having);
    return this.SUBRULE(this.expression);
  });

  readonly keys: ParserMethod<[], ast.Keys> = this.RULE("keys", () => {
    const start = this.CONSUME(t.By);
    const keys: ast.Key[] = [];
    let all = false;
    this.OR({
      DEF: [
        {
          GATE: () => !this.sees(2, t.Dot, t.Comma, t.Question, t.As, t.LeftBracket),
          ALT: () => {
            this.CONSUME(t.All);
            all = true;
          },
        },
        {
          ALT: () => {
            keys.push(this.SUBRULE(this.key));
            this.MANY({
              GATE: () => !this.#clauseAhead(2),
              DEF: () => {
                this.CONSUME(t.Comma);
                keys.push(this.SUBRULE2(this.key));
              },
            });
            this.OPTION(() => this.CONSUME2(t.Comma));
          },
        },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "a key: a field, `(an expression)` or `all`",
    });
    return this.ACTION(() => ({ all, keys, span: this.spanFrom(start) }));
  });

  /** True if a clause begins `ahead` places on: after a comma, then, no further key stands there. */
  #clauseAhead(ahead: number): boolean {
    if (this.sees(ahead, t.LeftBrace, t.RightBrace)) return true;
    if (this.sees(ahead, t.Within, t.Gap, t.Every)) {
      return this.sees(ahead + 1, t.DurationLiteral);
    }
    if (!this.sees(ahead, t.Where, t.Each, t.Having, t.Until, t.Over, t.From, t.Then, t.Next)) {
      return false;
    }
    return !this.sees(ahead + 1, t.Comma, t.Dot, t.Question, t.As, t.LeftBracket);
  }

  readonly key: ParserMethod<[], ast.Key> = this.RULE("key", () => {
    const start = this.LA(1);
    const source = this.OR<ast.Key["source"]>({
      DEF: [
        {
          ALT: () => {
            const path = this.SUBRULE(this.path);
            return this.ACTION(() => ({ kind: "path" as const, path }));
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen);
            const expr = this.SUBRULE(this.expression);
            this.CONSUME(t.RightParen);
            return this.ACTION(() => ({ kind: "expr" as const, expr }));
          },
        },
      ],
      ERR_MSG: "a key: a field or `(an expression)`",
    });
    const nullable = this.OPTION(() => this.CONSUME(t.Question));
    const as = this.OPTION2(() => {
      this.CONSUME(t.As);
      return this.SUBRULE(this.name_);
    });
    return this.ACTION(() => ({
      source,
      nullable: nullable !== undefined,
      as: as ?? null,
      span: this.spanFrom(start),
    }));
  });

  /** The name of one source. A rule of its own so that messages can say what is asked for. */
  readonly source_: ParserMethod<[], ast.DottedName> = this.RULE("source_", () =>
    this.SUBRULE(this.dottedName),
  );

  readonly sources: ParserMethod<[], ast.Sources> = this.RULE("sources", () => {
    const start = this.LA(1);
    const names = [this.SUBRULE(this.source_)];
    this.MANY(() => {
      this.CONSUME(t.Or);
      names.push(this.SUBRULE2(this.source_));
    });
    return this.ACTION(() => ({ names, span: this.spanFrom(start) }));
  });

  readonly step: ParserMethod<[], ast.Step> = this.RULE("step", () => {
    const start = this.LA(1);
    const sources = this.SUBRULE(this.sources);
    const by = this.OPTION(() => this.SUBRULE(this.keys));
    const where = this.OPTION2(() => this.SUBRULE(this.where));
    const each = this.OPTION3(() => {
      this.CONSUME(t.Each);
      return this.SUBRULE(this.expression);
    });
    const having = this.OPTION4(() => this.SUBRULE(this.having));
    return this.ACTION(() => ({
      kind: "step" as const,
      sources,
      by: by ?? null,
      where: where ?? null,
      each: each ?? null,
      having: having ?? null,
      span: this.spanFrom(start),
    }));
  });

  /** True if what follows the next word can begin a step, so that the word stands before it. */
  #stepBehind(): boolean {
    if (this.sees(2, t.LeftBrace, t.Integer)) return true;
    return this.seesName(2) && !t.STEP_FOLLOWERS.has(this.LA(2).tokenType);
  }

  readonly count: ParserMethod<[], ast.Quantity["count"]> = this.RULE("count", () => {
    const low = this.CONSUME(t.Integer);
    let open = false;
    let high: Token | null = null;
    this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Plus);
            open = true;
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.DotDot);
            high = this.CONSUME2(t.Integer);
          },
        },
      ]),
    );
    return this.ACTION(() => {
      const min = this.toCount(low);
      return { min, max: open ? null : high === null ? min : this.toCount(high) };
    });
  });

  readonly contiguity: ParserMethod<[], "consecutive" | "any"> = this.RULE("contiguity", () => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.Consecutive) },
      { ALT: () => this.CONSUME(t.Any) },
    ]);
    return word.tokenType === t.Any ? "any" : "consecutive";
  });

  readonly quantity: ParserMethod<[], ast.Quantity> = this.RULE("quantity", () => {
    const start = this.LA(1);
    const isWord = () => this.#stepBehind();
    const optional = this.OPTION({ GATE: isWord, DEF: () => this.CONSUME(t.Optional) });
    const count = this.OPTION2(() => this.SUBRULE(this.count));
    const contiguity = this.OPTION3({ GATE: isWord, DEF: () => this.SUBRULE(this.contiguity) });
    const preference = this.OPTION4({
      GATE: isWord,
      DEF: () =>
        this.OR([{ ALT: () => this.CONSUME(t.Greedy) }, { ALT: () => this.CONSUME(t.Shortest) }]),
    });
    return this.ACTION(() => ({
      optional: optional !== undefined,
      count: count ?? null,
      contiguity: contiguity ?? null,
      preference:
        preference === undefined
          ? null
          : preference.tokenType === t.Greedy
            ? ("greedy" as const)
            : ("shortest" as const),
      span: this.spanFrom(start),
    }));
  });

  #quantityAhead(): boolean {
    if (this.sees(1, t.Integer)) return true;
    return (
      this.sees(1, t.Optional, t.Consecutive, t.Any, t.Greedy, t.Shortest) && this.#stepBehind()
    );
  }

  /** `{ … }` around a sequence. */
  readonly braced: ParserMethod<[], ast.Sequence> = this.RULE("braced", () => {
    this.deeper();
    this.CONSUME(t.LeftBrace);
    const sequence = this.SUBRULE(this.sequence);
    this.CONSUME(t.RightBrace);
    this.shallower();
    return sequence;
  });

  readonly either: ParserMethod<[], ast.Either> = this.RULE("either", () => {
    const start = this.CONSUME(t.Either);
    const alternatives = [this.SUBRULE(this.braced)];
    this.MANY(() => {
      this.CONSUME(t.Or);
      alternatives.push(this.SUBRULE2(this.braced));
    });
    return this.ACTION(() => {
      return { kind: "either" as const, alternatives, span: this.spanFrom(start) };
    });
  });

  readonly allOf: ParserMethod<[], ast.AllOf> = this.RULE("allOf", () => {
    const start = this.CONSUME(t.All);
    this.CONSUME(t.Of);
    const contiguity = this.OPTION(() => this.SUBRULE(this.contiguity));
    const parts = [this.SUBRULE(this.braced)];
    this.MANY(() => {
      this.CONSUME(t.And);
      parts.push(this.SUBRULE2(this.braced));
    });
    return this.ACTION(() => ({
      kind: "all of" as const,
      contiguity: contiguity ?? null,
      parts,
      span: this.spanFrom(start),
    }));
  });

  readonly elementBody: ParserMethod<[], ast.TakingElement["body"]> = this.RULE("elementBody", () =>
    this.OR<ast.TakingElement["body"]>({
      DEF: [
        {
          ALT: () => {
            const start = this.LA(1);
            const sequence = this.SUBRULE(this.braced);
            return this.ACTION(() => {
              return { kind: "group" as const, sequence, span: this.spanFrom(start) };
            });
          },
        },
        { GATE: () => this.sees(2, t.LeftBrace), ALT: () => this.SUBRULE(this.either) },
        { GATE: () => this.sees(2, t.Of), ALT: () => this.SUBRULE(this.allOf) },
        { ALT: () => this.SUBRULE(this.step) },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "a step",
    }),
  );

  readonly takingElement: ParserMethod<[], ast.TakingElement> = this.RULE("takingElement", () => {
    const start = this.LA(1);
    const label = this.OPTION(() => {
      const name = this.CONSUME(t.Name);
      this.CONSUME(t.Colon);
      return this.ACTION(() => this.toName(name));
    });
    const quantity = this.OPTION2({
      GATE: () => this.#quantityAhead(),
      DEF: () => this.SUBRULE(this.quantity),
    });
    const body = this.SUBRULE(this.elementBody);
    const until = this.OPTION3(() => {
      this.CONSUME(t.Until);
      return this.SUBRULE(this.expression);
    });
    const within = this.OPTION4(() => this.SUBRULE(this.within));
    return this.ACTION(() => ({
      kind: "take" as const,
      label: label ?? null,
      quantity: quantity ?? null,
      body,
      until: until ?? null,
      within: within ?? null,
      span: this.spanFrom(start),
    }));
  });

  readonly noElement: ParserMethod<[], ast.NoElement> = this.RULE("noElement", () => {
    const start = this.CONSUME(t.No);
    const sources = this.SUBRULE(this.sources);
    const by = this.OPTION(() => this.SUBRULE(this.keys));
    const where = this.OPTION2(() => this.SUBRULE(this.where));
    const within = this.OPTION3(() => this.SUBRULE(this.within));
    return this.ACTION(() => ({
      kind: "no" as const,
      sources,
      by: by ?? null,
      where: where ?? null,
      within: within ?? null,
      span: this.spanFrom(start),
    }));
  });

  /** Null for a damaged one. */
  readonly element: ParserMethod<[], ast.Element | null> = this.RULE("element", () => {
    this.enter("element");
    const element = this.OR<ast.Element | null>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Damaged);
            return null;
          },
        },
        { GATE: () => this.#stepBehind(), ALT: () => this.SUBRULE(this.noElement) },
        { ALT: () => this.SUBRULE(this.takingElement) },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "a step",
    });
    this.leave();
    return element;
  });

  readonly link: ParserMethod<[], NonNullable<Linked["link"]>> = this.RULE("link", () => {
    const start = this.LA(1);
    const kind = this.OR<ast.LinkKind>([
      {
        ALT: () => {
          this.CONSUME(t.Then);
          const any = this.OPTION({
            GATE: () => this.#stepBehind(),
            DEF: () => this.CONSUME(t.Any),
          });
          return any === undefined ? "then" : "then any";
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Next);
          return "next";
        },
      },
    ]);
    return this.ACTION(() => ({ kind, span: this.spanFrom(start) }));
  });

  readonly sequence: ParserMethod<[], ast.Sequence> = this.RULE("sequence", () => {
    const start = this.LA(1);
    const elements: Linked[] = [];
    const first = this.SUBRULE(this.element);
    if (first !== null) elements.push({ link: null, element: first });
    this.MANY(() => {
      const link = this.SUBRULE(this.link);
      const element = this.SUBRULE2(this.element);
      if (element !== null) elements.push({ link, element });
    });
    return this.ACTION(() => ({ elements, span: this.spanFrom(start) }));
  });

  readonly matchUntil: ParserMethod<[], NonNullable<ast.MatchBody["until"]>> = this.RULE(
    "matchUntil",
    () => {
      const start = this.CONSUME(t.Until);
      const sources = this.SUBRULE(this.sources);
      const by = this.OPTION(() => this.SUBRULE(this.keys));
      const where = this.OPTION2(() => this.SUBRULE(this.where));
      return this.ACTION(() => {
        const span = this.spanFrom(start);
        return { sources, by: by ?? null, where: where ?? null, span };
      });
    },
  );

  readonly matchMode: ParserMethod<[], ast.MatchMode> = this.RULE("matchMode", () =>
    this.OR<ast.MatchMode>([
      {
        ALT: () => {
          this.CONSUME(t.All);
          return "all";
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Longest);
          return "longest";
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Latest);
          return "latest";
        },
      },
    ]),
  );

  readonly matchBody: ParserMethod<[], ast.MatchBody> = this.RULE("matchBody", () => {
    const start = this.CONSUME(t.Match);
    const mode = this.OPTION(() => this.SUBRULE(this.matchMode));
    const headSpan = this.ACTION(() => this.spanFrom(start));
    const by = this.OPTION2(() => this.SUBRULE(this.keys));
    const within = this.OPTION3(() => this.SUBRULE(this.within));
    const gap = this.OPTION4(() => {
      this.CONSUME(t.Gap);
      return this.SUBRULE(this.duration);
    });
    const sequence = this.SUBRULE(this.braced);
    const until = this.OPTION5(() => this.SUBRULE(this.matchUntil));
    return this.ACTION(() => ({
      kind: "match" as const,
      mode: mode ?? ("match" as const),
      by: by ?? null,
      within: within ?? null,
      gap: gap ?? null,
      sequence,
      until: until ?? null,
      headSpan,
      span: this.spanFrom(start),
    }));
  });
}
