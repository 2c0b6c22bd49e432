/** `approx_percentile` in a window: counts by bucket. A cell's partial is the list of its numbers' buckets. */

import type { Value } from "../../base/value.ts";
import type { AggregateName } from "../../dsl/expr.ts";
import { floatOf } from "../functions/arithmetic.ts";
import { bucketOf, percentileOfBuckets } from "../functions/quantile-buckets.ts";
import { appended, isNumeric, partsOf, type Total } from "./total.ts";

export class BucketTotal implements Total {
  readonly #counts = new Map<number, number>();

  enter(_cell: number, partial: Value, value: Value): Value {
    if (!isNumeric(value)) return partial;
    const bucket = bucketOf(value);
    this.#add(bucket, 1);
    return appended(partial, bucket);
  }

  load(_cell: number, partial: Value): void {
    for (const bucket of partsOf(partial)) this.#add(Number(bucket), 1);
  }

  leave(_cell: number, partial: Value): void {
    for (const bucket of partsOf(partial)) this.#add(Number(bucket), -1);
  }

  #add(bucket: number, change: number): void {
    const count = (this.#counts.get(bucket) ?? 0) + change;
    if (count === 0) this.#counts.delete(bucket);
    else this.#counts.set(bucket, count);
  }

  value(_name: AggregateName, parameter: Value): Value {
    const p = floatOf(parameter);
    return p === null ? null : percentileOfBuckets(this.#counts, p);
  }
}
