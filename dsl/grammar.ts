/**
 * The grammar of declarations (section 3), and the one parser of the process.
 * One of the door files of the package `chevrotain`.
 */

import type { ParserMethod } from "chevrotain";
import type { Diagnostic } from "../base/diagnostic.ts";
import type * as ast from "./ast.ts";
import { type ItemKind, SyntaxProblem } from "./grammar-names.ts";
import type { Statement } from "./grammar-rules.ts";
import { TestGrammar } from "./grammar-tests.ts";
import type { Token } from "./lexer.ts";
import { SYNTAX } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

type FieldType = ast.FieldType;
type Body = NonNullable<Extract<ast.Declaration, { kind: "rule" }>["body"]>;

/** Why and where the parser gave up. */
export interface Failure {
  /** What should have stood there, in words; or the whole diagnostic where the grammar made it itself. */
  readonly expected: string;
  readonly diagnostic: Diagnostic | null;
  /** Where: the first token that does not fit; null at the end of the input. */
  readonly token: Token | null;
  /** Rules of the grammar that were being read, outermost first. */
  readonly rules: readonly string[];
  /** Items that had begun, outermost first. */
  readonly open: readonly { readonly kind: ItemKind; readonly start: number }[];
}

/** What reading one thing gave. */
export interface Reading<T> {
  /** Undefined where the parser gave up inside it; behind it, with a failure, where more input follows. */
  readonly value: T | undefined;
  readonly failure: Failure | null;
  /** Errors that did not stop the parser. */
  readonly reports: readonly Diagnostic[];
}

class Grammar extends TestGrammar {
  constructor(validated: boolean) {
    super(validated);
    this.performSelfAnalysis();
  }

  /** Reads one declaration, which must take all tokens. */
  readDeclaration(file: string, source: string, tokens: Token[]): Reading<ast.Declaration> {
    return this.#read(file, source, tokens, () => this.declaration());
  }

  /** Reads one expression, which must take all tokens. */
  readExpression(file: string, source: string, tokens: Token[]): Reading<ast.Expr> {
    return this.#read(file, source, tokens, () => this.expression());
  }

  #read<T>(file: string, source: string, tokens: Token[], rule: () => T): Reading<T> {
    this.begin(file, source);
    this.input = tokens;
    try {
      const value = rule();
      const [error] = this.errors;
      if (error === undefined) return { value, failure: null, reports: this.reports };
      const behind = error.name === "NotAllInputParsedException";
      const failure: Failure = {
        expected: error.message,
        diagnostic: null,
        token: Number.isNaN(error.token.startOffset) ? null : error.token,
        rules: error.context.ruleStack,
        open: this.open,
      };
      return { value: behind ? value : undefined, failure, reports: this.reports };
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      const { diagnostic, token } = error;
      const failure = { expected: "", diagnostic, token, rules: [], open: this.open };
      return { value: undefined, failure, reports: this.reports };
    }
  }

  readonly streamOption: ParserMethod<[], ast.StreamOption | null> = this.RULE(
    "streamOption",
    () => {
      this.enter("option");
      const option = this.OR<ast.StreamOption | null>({
        DEF: [
          {
            ALT: () => {
              this.CONSUME(t.Damaged);
              return null;
            },
          },
          { ALT: () => this.SUBRULE(this.timeOption) },
          { ALT: () => this.SUBRULE(this.delayOption) },
          { ALT: () => this.SUBRULE(this.idOption) },
          { ALT: () => this.SUBRULE(this.lateOption) },
          { ALT: () => this.SUBRULE(this.fieldsOption) },
        ],
        ERR_MSG: "`time`, `delay`, `idle`, `id`, `late` or `fields`",
      });
      this.leave();
      return option;
    },
  );

  readonly timeOption: ParserMethod<[], ast.StreamOption> = this.RULE("timeOption", () => {
    const start = this.CONSUME(t.Time);
    const path = this.SUBRULE(this.path);
    const format = this.OPTION(() => {
      this.CONSUME(t.Format);
      return this.CONSUME(t.TextLiteral);
    });
    const zone = this.OPTION2(() => {
      this.CONSUME(t.Zone);
      return this.CONSUME2(t.TextLiteral);
    });
    const unit = this.OPTION3(() => {
      this.CONSUME(t.Unit);
      return this.SUBRULE(this.name_);
    });
    return this.ACTION(() => ({
      kind: "time" as const,
      path,
      format: format === undefined ? null : this.toText(format),
      zone: zone === undefined ? null : this.toText(zone),
      unit: unit ?? null,
      span: this.spanFrom(start),
    }));
  });

  readonly delayOption: ParserMethod<[], ast.StreamOption> = this.RULE("delayOption", () => {
    const word = this.OR([
      { ALT: () => this.CONSUME(t.Delay) },
      { ALT: () => this.CONSUME(t.Idle) },
    ]);
    const duration = this.SUBRULE(this.duration);
    return this.ACTION(() => {
      const kind = word.tokenType === t.Delay ? ("delay" as const) : ("idle" as const);
      return { kind, duration, span: this.spanFrom(word) };
    });
  });

  readonly idOption: ParserMethod<[], ast.StreamOption> = this.RULE("idOption", () => {
    const start = this.CONSUME(t.Id);
    const path = this.SUBRULE(this.path);
    const within = this.OPTION(() => this.SUBRULE(this.within));
    return this.ACTION(() => {
      return { kind: "id" as const, path, within: within ?? null, span: this.spanFrom(start) };
    });
  });

  readonly lateOption: ParserMethod<[], ast.StreamOption> = this.RULE("lateOption", () => {
    const start = this.CONSUME(t.Late);
    const word = this.OR({
      DEF: [{ ALT: () => this.CONSUME(t.Drop) }, { ALT: () => this.CONSUME(t.Accept) }],
      ERR_MSG: "`drop` or `accept`",
    });
    return this.ACTION(() => {
      const policy = word.tokenType === t.Drop ? ("drop" as const) : ("accept" as const);
      return { kind: "late" as const, policy, span: this.spanFrom(start) };
    });
  });

  readonly fieldsOption: ParserMethod<[], ast.StreamOption> = this.RULE("fieldsOption", () => {
    const start = this.CONSUME(t.Fields);
    const { fields, open } = this.SUBRULE(this.fieldTypes);
    const star = this.OPTION(() => this.CONSUME(t.Star));
    return this.ACTION(() => {
      const isOpen = open || star !== undefined;
      return { kind: "fields" as const, fields, open: isOpen, span: this.spanFrom(start) };
    });
  });

  readonly fieldTypes: ParserMethod<[], { fields: FieldType[]; open: boolean }> = this.RULE(
    "fieldTypes",
    () => {
      this.deeper();
      const fields: FieldType[] = [];
      let open = false;
      this.CONSUME(t.LeftBrace);
      this.MANY(() => {
        this.OR([
          {
            ALT: () => {
              const field = this.SUBRULE(this.fieldType);
              if (field !== null) fields.push(field);
            },
          },
          {
            ALT: () => {
              this.CONSUME(t.Star);
              open = true;
            },
          },
        ]);
        this.OPTION(() => this.CONSUME(t.Comma));
      });
      this.CONSUME(t.RightBrace);
      this.shallower();
      return { fields, open };
    },
  );

  readonly fieldType: ParserMethod<[], FieldType | null> = this.RULE("fieldType", () => {
    this.enter("field");
    const field = this.OR<FieldType | null>([
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
          const type = this.OR2<FieldType["type"]>({
            DEF: [
              {
                ALT: () => {
                  const scalar = this.SUBRULE2(this.name_);
                  const list = this.SUBRULE(this.listMark);
                  return { kind: "scalar", name: scalar, list };
                },
              },
              {
                ALT: () => {
                  const { fields, open } = this.SUBRULE(this.fieldTypes);
                  const list = this.SUBRULE2(this.listMark);
                  return { kind: "object", fields, open, list };
                },
              },
            ],
            ERR_MSG: "a type such as `string`, or `{` with fields",
          });
          return this.ACTION(() => ({ name, type, span: this.spanFrom(start) }));
        },
      },
    ]);
    this.leave();
    return field;
  });

  /** True for `[]` behind a type. */
  readonly listMark: ParserMethod<[], boolean> = this.RULE("listMark", () => {
    const bracket = this.OPTION(() => {
      this.CONSUME(t.LeftBracket);
      return this.CONSUME(t.RightBracket);
    });
    return bracket !== undefined;
  });

  readonly stream: ParserMethod<[], ast.Declaration> = this.RULE("stream", () => {
    const start = this.CONSUME(t.Stream);
    const name = this.SUBRULE(this.name_);
    this.CONSUME(t.From);
    const subjects = [this.CONSUME(t.TextLiteral)];
    this.MANY({
      GATE: () => this.sees(2, t.TextLiteral),
      DEF: () => {
        this.CONSUME(t.Comma);
        subjects.push(this.CONSUME2(t.TextLiteral));
      },
    });
    this.OPTION(() => this.CONSUME2(t.Comma));
    const options: ast.StreamOption[] = [];
    this.OPTION2(() => {
      this.CONSUME(t.LeftBrace);
      this.MANY2(() => {
        const option = this.SUBRULE(this.streamOption);
        if (option !== null) options.push(option);
        this.OPTION3(() => this.CONSUME3(t.Comma));
      });
      this.CONSUME(t.RightBrace);
    });
    return this.ACTION(() => {
      const texts = subjects.map((subject) => this.toText(subject));
      return {
        kind: "stream" as const,
        name,
        subjects: texts,
        options,
        span: this.spanFrom(start),
      };
    });
  });

  readonly event: ParserMethod<[], ast.Declaration> = this.RULE("event", () => {
    const start = this.CONSUME(t.Event);
    const name = this.SUBRULE(this.name_);
    this.CONSUME(t.Assign);
    const source = this.SUBRULE(this.source_);
    const where = this.OPTION(() => this.SUBRULE(this.where));
    return this.ACTION(() => {
      const span = this.spanFrom(start);
      return { kind: "event" as const, name, source, where: where ?? null, span };
    });
  });

  readonly listDeclaration: ParserMethod<[], ast.Declaration> = this.RULE("listDeclaration", () => {
    const start = this.CONSUME(t.List);
    const name = this.SUBRULE(this.name_);
    const from = this.OR<Extract<ast.Declaration, { kind: "list" }>["from"]>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Assign);
            const list = this.SUBRULE(this.list);
            return this.ACTION(() => {
              return { kind: "items" as const, items: list.kind === "list" ? list.items : [] };
            });
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.From);
            const { kv, text } = this.SUBRULE(this.dataSource);
            const column = this.OPTION(() => {
              this.CONSUME(t.Column);
              return this.SUBRULE2(this.name_);
            });
            return this.ACTION(() => {
              if (kv) return { kind: "kv" as const, bucket: text };
              return { kind: "file" as const, file: text, column: column ?? null };
            });
          },
        },
      ],
      ERR_MSG: "`=` or `from`",
    });
    return this.ACTION(() => ({ kind: "list" as const, name, from, span: this.spanFrom(start) }));
  });

  /** `"file.csv"` or `kv "bucket"` */
  readonly dataSource: ParserMethod<[], { kv: boolean; text: ast.Text }> = this.RULE(
    "dataSource",
    () => {
      const kv = this.OPTION(() => this.CONSUME(t.Kv));
      const text = this.CONSUME(t.TextLiteral);
      return this.ACTION(() => ({ kv: kv !== undefined, text: this.toText(text) }));
    },
  );

  readonly table: ParserMethod<[], ast.Declaration> = this.RULE("table", () => {
    const start = this.CONSUME(t.Table);
    const name = this.SUBRULE(this.name_);
    this.CONSUME(t.From);
    const { kv, text } = this.SUBRULE(this.dataSource);
    this.CONSUME(t.Key);
    const key = this.SUBRULE2(this.name_);
    return this.ACTION(() => {
      const from = kv
        ? { kind: "kv" as const, bucket: text }
        : { kind: "file" as const, file: text };
      return { kind: "table" as const, name, from, key, span: this.spanFrom(start) };
    });
  });

  readonly let: ParserMethod<[], ast.Declaration> = this.RULE("let", () => {
    const start = this.CONSUME(t.Let);
    const name = this.SUBRULE(this.name_);
    this.CONSUME(t.Assign);
    const value = this.SUBRULE(this.expression);
    return this.ACTION(() => ({ kind: "let" as const, name, value, span: this.spanFrom(start) }));
  });

  readonly fn: ParserMethod<[], ast.Declaration> = this.RULE("fn", () => {
    const start = this.CONSUME(t.Fn);
    const name = this.SUBRULE(this.name_);
    this.CONSUME(t.LeftParen);
    const parameters: ast.Name[] = [];
    this.MANY(() => {
      parameters.push(this.SUBRULE2(this.name_));
      this.OPTION(() => this.CONSUME(t.Comma));
    });
    this.CONSUME(t.RightParen);
    this.CONSUME(t.Assign);
    const body = this.SUBRULE(this.expression);
    return this.ACTION(() => {
      return { kind: "fn" as const, name, parameters, body, span: this.spanFrom(start) };
    });
  });

  readonly exception: ParserMethod<[], ast.Declaration> = this.RULE("exception", () => {
    const start = this.CONSUME(t.Exception);
    const name = this.SUBRULE(this.dottedName);
    this.CONSUME(t.For);
    const rule = this.SUBRULE2(this.dottedName);
    const step = this.OPTION(() => {
      this.CONSUME(t.On);
      return this.SUBRULE(this.name_);
    });
    const where = this.SUBRULE(this.where);
    const until = this.OPTION2(() => {
      this.CONSUME(t.Until);
      return this.CONSUME(t.TextLiteral);
    });
    this.CONSUME(t.Because);
    const because = this.CONSUME2(t.TextLiteral);
    return this.ACTION(() => ({
      kind: "exception" as const,
      name,
      rule,
      step: step ?? null,
      where,
      until: until === undefined ? null : this.toText(until),
      because: this.toText(because),
      span: this.spanFrom(start),
    }));
  });

  readonly rule: ParserMethod<[], ast.Declaration> = this.RULE("rule", () => {
    const start = this.CONSUME(t.Rule);
    const name = this.SUBRULE(this.dottedName);
    const title = this.CONSUME(t.TextLiteral);
    const headSpan = this.ACTION(() => this.spanFrom(start));
    const statements: Statement[] = [];
    this.CONSUME(t.LeftBrace);
    this.MANY(() => statements.push(this.SUBRULE(this.statement)));
    this.CONSUME(t.RightBrace);
    return this.ACTION(() => {
      const parts = this.#sorted(statements);
      const span = this.spanFrom(start);
      return { kind: "rule" as const, name, title: this.toText(title), ...parts, headSpan, span };
    });
  });

  #sorted(statements: readonly Statement[]) {
    const metadata: ast.Metadata[] = [];
    const clauses: ast.Clause[] = [];
    let body: Body | null = null;
    for (const statement of statements) {
      if (statement?.kind === "metadata") metadata.push(statement.metadata);
      if (statement?.kind === "clause") clauses.push(statement.clause);
      if (statement?.kind !== "body") continue;
      if (body === null) body = statement.body;
      else this.reportSecondBody(statement.body);
    }
    return { metadata, body, clauses };
  }

  protected reportSecondBody(body: Body): void {
    const span = body.kind === "match" ? body.headSpan : body.span;
    this.reports.push({
      code: SYNTAX.writtenTwice,
      severity: "error",
      message: "a rule has one `match`, `window` or `expect`",
      span,
      label: "the second one",
      notes: ["a rule can use the alerts of another as its events"],
      fix: null,
    });
  }

  readonly test: ParserMethod<[], ast.Declaration> = this.RULE("test", () => {
    const start = this.CONSUME(t.Test);
    const title = this.CONSUME(t.TextLiteral);
    const rule = this.OPTION(() => {
      this.CONSUME(t.For);
      return this.SUBRULE(this.dottedName);
    });
    const items: ast.TestItem[] = [];
    this.CONSUME(t.LeftBrace);
    this.MANY(() => {
      const item = this.SUBRULE(this.testItem);
      if (item !== null) items.push(item);
    });
    this.CONSUME(t.RightBrace);
    return this.ACTION(() => {
      const span = this.spanFrom(start);
      return { kind: "test" as const, title: this.toText(title), rule: rule ?? null, items, span };
    });
  });

  readonly declaration: ParserMethod<[], ast.Declaration> = this.RULE("declaration", () =>
    this.OR<ast.Declaration>({
      DEF: [
        { ALT: () => this.SUBRULE(this.stream) },
        { ALT: () => this.SUBRULE(this.event) },
        { ALT: () => this.SUBRULE(this.listDeclaration) },
        { ALT: () => this.SUBRULE(this.table) },
        { ALT: () => this.SUBRULE(this.let) },
        { ALT: () => this.SUBRULE(this.fn) },
        { ALT: () => this.SUBRULE(this.exception) },
        { ALT: () => this.SUBRULE(this.rule) },
        { ALT: () => this.SUBRULE(this.test) },
      ],
      ERR_MSG: "a declaration",
    }),
  );
}

/** Built once: the library's analysis of the grammar costs tens of milliseconds. */
export const grammar: Pick<Grammar, "readDeclaration" | "readExpression" | "templates"> =
  new Grammar(false);

/** Throws where the grammar is ambiguous; a test asks, so that no start pays for the answer. */
export const validateGrammar = (): unknown => new Grammar(true);
