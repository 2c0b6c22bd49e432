/**
 * The grammar of `window` (section 5) and `expect` (section 6).
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod } from "chevrotain";
import type * as ast from "./ast.ts";
import { PatternGrammar } from "./grammar-patterns.ts";
import * as t from "./tokens.ts";

type Over = ast.WindowBody["over"][number];

export abstract class WindowGrammar extends PatternGrammar {
  readonly windowShape: ParserMethod<[], ast.WindowBody["shape"]> = this.RULE("windowShape", () =>
    this.OR<ast.WindowBody["shape"]>({
      DEF: [
        {
          ALT: () => {
            const size = this.SUBRULE(this.duration);
            return { kind: "sliding", size };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Every);
            const size = this.SUBRULE2(this.duration);
            const offset = this.OPTION(() => {
              this.CONSUME(t.Offset);
              return this.SUBRULE3(this.duration);
            });
            return { kind: "tumbling", size, offset: offset ?? null };
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Gap);
            return { kind: "session", gap: this.SUBRULE4(this.duration) };
          },
        },
        {
          ALT: () => {
            const count = this.CONSUME(t.Integer);
            this.CONSUME(t.Events);
            return this.ACTION(() => ({ kind: "count" as const, events: this.toCount(count) }));
          },
        },
      ],
      ERR_MSG: "a size: `24h`, `every 1h`, `gap 30m` or `100 events`",
    }),
  );

  readonly over: ParserMethod<[], Over> = this.RULE("over", () => {
    const start = this.LA(1);
    const label = this.OPTION(() => {
      const name = this.CONSUME(t.Name);
      this.CONSUME(t.Colon);
      return this.ACTION(() => this.toName(name));
    });
    const source = this.SUBRULE(this.source_);
    const where = this.OPTION2(() => this.SUBRULE(this.where));
    return this.ACTION(() => {
      return { label: label ?? null, source, where: where ?? null, span: this.spanFrom(start) };
    });
  });

  readonly windowBody: ParserMethod<[], ast.WindowBody> = this.RULE("windowBody", () => {
    const start = this.CONSUME(t.Window);
    const shape = this.SUBRULE(this.windowShape);
    const by = this.OPTION(() => this.SUBRULE(this.keys));
    this.CONSUME(t.Over);
    const over = [this.SUBRULE(this.over)];
    this.MANY({
      GATE: () => this.seesName(2) && (this.sees(3, t.Colon) || !this.#statementAhead(2)),
      DEF: () => {
        this.CONSUME(t.Comma);
        over.push(this.SUBRULE2(this.over));
      },
    });
    this.OPTION2(() => this.CONSUME2(t.Comma));
    return this.ACTION(() => {
      return { kind: "window" as const, shape, by: by ?? null, over, span: this.spanFrom(start) };
    });
  });

  #statementAhead(ahead: number): boolean {
    return t.STATEMENT_WORDS.has(this.LA(ahead).tokenType);
  }

  readonly expectBody: ParserMethod<[], ast.ExpectBody> = this.RULE("expectBody", () => {
    const start = this.CONSUME(t.Expect);
    const source = this.SUBRULE(this.source_);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    const by = this.OPTION2(() => this.SUBRULE(this.keys));
    const every = this.OPTION3(() => {
      this.CONSUME(t.Every);
      return this.SUBRULE(this.duration);
    });
    const from = this.OPTION4(() => {
      this.CONSUME(t.From);
      return this.SUBRULE(this.name_);
    });
    return this.ACTION(() => ({
      kind: "expect" as const,
      source,
      where: where ?? null,
      by: by ?? null,
      every: every ?? null,
      from: from ?? null,
      span: this.spanFrom(start),
    }));
  });
}
