/**
 * `sequitur rules compare`: a rule that is live and its next version in the shadow, by the alerts that both gave: what
 * they say alike, what only one of them says, and how noisy each is. Reads the alert stream, changes nothing.
 */

import type { Broker } from "../../io/nats.ts";
import { pairAlerts } from "../../rules/alert-pairs.ts";
import type { ConsoleOutput } from "../console-output.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import { findRange, rangeEnd } from "../replay/stream-range.ts";
import { type Comparison, comparisonJson, comparisonText } from "./compare-report.ts";
import { connectTarget, findTarget, type TargetFlags } from "./rules-target.ts";
import { type ComparedRules, readShadowRecords } from "./shadow-records.ts";

export interface CompareOptions extends TargetFlags, ComparedRules {
  /** Of the alert stream: a sequence or a time; null: since one of the rules was last switched. */
  readonly from: string | null;
  readonly to: string | null;
  readonly json: boolean;
}

export async function compareCommand(
  options: CompareOptions,
  output: ConsoleOutput,
): Promise<number> {
  const target = findTarget(options);
  const from = rangeEnd("--from", options.from);
  const to = rangeEnd("--to", options.to);
  const broker = await connectTarget(target, output);
  let comparison: Comparison;
  try {
    const stream = target.config.nats.alertStream;
    const range = await findRange(broker, stream, from, to);
    comparison = await compare(broker, range, options, target.root);
  } finally {
    await broker.close();
  }
  await output.out(
    options.json
      ? `${JSON.stringify(comparisonJson(comparison), null, 2)}\n`
      : comparisonText(comparison, output.outPaint),
  );
  output.err(...comparison.remarks.map((remark) => `sequitur: ${remark}`));
  return EXIT.ok;
}

async function compare(
  broker: Broker,
  range: Awaited<ReturnType<typeof findRange>>,
  { live, shadow, from }: CompareOptions,
  root: string,
): Promise<Comparison> {
  const rules = { live, shadow };
  const records = await readShadowRecords(broker, range, rules, root, from === null);
  if (records.live.length + records.shadow.length === 0) {
    throw new UsageError(
      `in ${range.stream} is neither a live alert of ${live} nor one of ${shadow} in the shadow`,
    );
  }
  const paired = pairAlerts(records.live, records.shadow);
  const since = from === null ? records.switched : null;
  const fromSeq = since === null ? range.fromSeq : since.seq + 1;
  const comparison = { rules, range: { ...range, fromSeq }, records, paired };
  return { ...comparison, remarks: remarksOn(comparison, from !== null) };
}

/** What keeps the figures from meaning what they seem to, one sentence each. */
function remarksOn(
  { rules, range, records, paired }: Omit<Comparison, "remarks">,
  chosen: boolean,
): readonly string[] {
  const remarks = range.shortfalls.map((text) => `the stream ${range.stream}: ${text}`);
  const { live, shadow, switched, gaps } = records;
  if (gaps > 0) remarks.push(`${gaps} records of the range are not there`);
  if (live.length === 0) remarks.push(`no alert of ${rules.live} was live`);
  if (shadow.length === 0) remarks.push(`no alert of ${rules.shadow} was in the shadow`);
  if (chosen && switched !== null) {
    remarks.push(`at ${switched.seq} one of the rules was switched: --from ${switched.seq + 1}`);
  }
  const [first] = shadow;
  if (!chosen && switched === null && first !== undefined) {
    const early = paired.onlyBefore.filter(({ time }) => time < first.time).length;
    if (early > 0) {
      remarks.push(
        `${early} of the live alerts come before the first one of ${rules.shadow}: --from says since when both ran`,
      );
    }
  }
  return remarks;
}
