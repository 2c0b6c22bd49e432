/**
 * The grammar of what stands in a `test` block (section 9).
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod } from "chevrotain";
import type * as ast from "./ast.ts";
import { RuleGrammar } from "./grammar-rules.ts";
import * as t from "./tokens.ts";

type TestField = ast.TestObject["fields"][number];
type EventItem = Extract<ast.TestItem, { kind: "event" }>;

export abstract class TestGrammar extends RuleGrammar {
  readonly testValue: ParserMethod<[], ast.TestValue> = this.RULE("testValue", () => {
    this.deeper();
    const value = this.OR<ast.TestValue>({
      DEF: [
        { ALT: () => this.SUBRULE(this.testObject) },
        { ALT: () => this.SUBRULE(this.testItems) },
        {
          ALT: () => {
            const expr = this.SUBRULE(this.expression);
            return this.ACTION(() => ({ kind: "constant" as const, expr, span: expr.span }));
          },
        },
      ],
      IGNORE_AMBIGUITIES: true,
      MAX_LOOKAHEAD: 1,
      ERR_MSG: "a value",
    });
    this.shallower();
    return value;
  });

  readonly testItems: ParserMethod<[], ast.TestValue> = this.RULE("testItems", () => {
    const start = this.CONSUME(t.LeftBracket);
    const items: ast.TestValue[] = [];
    this.OPTION(() => {
      items.push(this.SUBRULE(this.testValue));
      this.MANY({
        GATE: () => !this.sees(2, t.RightBracket),
        DEF: () => {
          this.CONSUME(t.Comma);
          items.push(this.SUBRULE2(this.testValue));
        },
      });
      this.OPTION2(() => this.CONSUME2(t.Comma));
    });
    this.CONSUME(t.RightBracket);
    return this.ACTION(() => ({ kind: "items" as const, items, span: this.spanFrom(start) }));
  });

  /** `name: value`, the name also as a text; null for a damaged one. */
  readonly testField: ParserMethod<[], TestField | null> = this.RULE("testField", () => {
    this.enter("test field");
    const field = this.OR<TestField | null>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Damaged);
            return null;
          },
        },
        {
          ALT: () => {
            const name = this.SUBRULE(this.testFieldName);
            this.CONSUME(t.Colon);
            const value = this.SUBRULE(this.testValue);
            return { name, value };
          },
        },
      ],
      ERR_MSG: "a field",
    });
    this.leave();
    return field;
  });

  readonly testFieldName: ParserMethod<[], ast.Name> = this.RULE("testFieldName", () =>
    this.OR<ast.Name>([
      { ALT: () => this.SUBRULE(this.name_) },
      {
        ALT: () => {
          const token = this.CONSUME(t.TextLiteral);
          return this.ACTION(() => {
            return { text: this.toText(token).value, quoted: true, span: this.spanOf(token) };
          });
        },
      },
    ]),
  );

  readonly testObject: ParserMethod<[], ast.TestObject> = this.RULE("testObject", () => {
    const start = this.CONSUME(t.LeftBrace);
    const fields: TestField[] = [];
    this.MANY(() => {
      const field = this.SUBRULE(this.testField);
      if (field !== null) fields.push(field);
      this.OPTION(() => this.CONSUME(t.Comma));
    });
    this.CONSUME(t.RightBrace);
    return this.ACTION(() => ({ kind: "object" as const, fields, span: this.spanFrom(start) }));
  });

  readonly testEvent: ParserMethod<[], ast.TestItem> = this.RULE("testEvent", () => {
    const start = this.LA(1);
    const at = this.SUBRULE(this.duration);
    const source = this.SUBRULE(this.source_);
    const data = this.OPTION(() => this.SUBRULE(this.testObject));
    const repeat = this.OPTION2(() => this.SUBRULE(this.repetition));
    return this.ACTION(() => ({
      kind: "event" as const,
      at,
      source,
      data: data ?? null,
      repeat: repeat ?? null,
      span: this.spanFrom(start),
    }));
  });

  /** `x5 every 10s` */
  readonly repetition: ParserMethod<[], NonNullable<EventItem["repeat"]>> = this.RULE(
    "repetition",
    () => {
      const times = this.CONSUME(t.Times);
      const every = this.OPTION(() => {
        this.CONSUME(t.Every);
        return this.SUBRULE(this.duration);
      });
      return this.ACTION(() => ({ count: Number(times.image.slice(1)), every: every ?? null }));
    },
  );

  readonly expectation: ParserMethod<[], ast.TestItem> = this.RULE("expectation", () => {
    const start = this.CONSUME(t.Expect);
    return this.OR<ast.TestItem>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Alert);
            const at = this.OPTION(() => {
              this.CONSUME(t.At);
              return this.SUBRULE(this.duration);
            });
            const data = this.OPTION2(() => this.SUBRULE(this.dataFields));
            return this.ACTION(() => {
              const span = this.spanFrom(start);
              return { kind: "expect alert" as const, at: at ?? null, data: data ?? null, span };
            });
          },
        },
        {
          ALT: () => {
            const count = this.CONSUME(t.Integer);
            this.OR2([
              { ALT: () => this.CONSUME(t.Alerts) },
              { ALT: () => this.CONSUME2(t.Alert) },
            ]);
            return this.ACTION(() => {
              const span = this.spanFrom(start);
              return { kind: "expect alerts" as const, count: this.toCount(count), span };
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.None);
            return this.ACTION(() => {
              return { kind: "expect none" as const, span: this.spanFrom(start) };
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.Timeout);
            return this.ACTION(() => {
              return { kind: "expect timeout" as const, span: this.spanFrom(start) };
            });
          },
        },
      ],
      ERR_MSG: "`alert`, `none`, `timeout` or a number of alerts",
    });
  });

  /** Null for a damaged one. */
  readonly testItem: ParserMethod<[], ast.TestItem | null> = this.RULE("testItem", () => {
    this.enter("test item");
    const start = this.LA(1);
    const item = this.OR<ast.TestItem | null>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Damaged);
            return null;
          },
        },
        { ALT: () => this.SUBRULE(this.testEvent) },
        { ALT: () => this.SUBRULE(this.expectation) },
        {
          ALT: () => {
            this.CONSUME(t.Advance);
            const by = this.SUBRULE(this.duration);
            return this.ACTION(() => {
              return { kind: "advance" as const, by, span: this.spanFrom(start) };
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.From);
            const file = this.CONSUME(t.TextLiteral);
            return this.ACTION(() => {
              return { kind: "from" as const, file: this.toText(file), span: this.spanFrom(start) };
            });
          },
        },
      ],
      ERR_MSG: "an event such as `0s Login { … }`, `advance`, `from` or `expect`",
    });
    this.leave();
    return item;
  });
}
