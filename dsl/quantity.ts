/** Quantities of elements (M-7): the plan of one, and the modifiers that need a loop. */

import type { Quantity, TakingElement } from "./ast.ts";
import type { QuantityPlan } from "./plan.ts";
import type { Reporter } from "./report.ts";

const ONCE: QuantityPlan = {
  min: 1,
  max: 1,
  optional: false,
  contiguity: "relaxed",
  greedy: false,
  shortest: false,
};

const CONTIGUITY = { consecutive: "strict", any: "any" } as const;

/** No event, or the quantity? */
export function mayBeEmpty(quantity: Quantity | null): boolean {
  return quantity !== null && (quantity.optional || quantity.count?.min === 0);
}

/** May it take more than one event, or turn? */
export function isLoop(quantity: Quantity | null): boolean {
  const count = quantity?.count ?? null;
  return count !== null && (count.max === null || count.max > 1);
}

export function quantityPlan(quantity: Quantity | null): QuantityPlan {
  if (quantity === null) return ONCE;
  const { count, contiguity, preference, optional } = quantity;
  return {
    min: count?.min ?? 1,
    max: count === null ? 1 : (count.max ?? Number.POSITIVE_INFINITY),
    optional,
    contiguity: contiguity === null ? "relaxed" : CONTIGUITY[contiguity],
    greedy: preference === "greedy",
    shortest: preference === "shortest",
  };
}

/** Reports counts that nothing can have, and modifiers without a count. `most`: events that a match may have. */
export function checkQuantity(element: TakingElement, most: number, report: Reporter): void {
  const { quantity } = element;
  if (quantity === null) return;
  const { count, contiguity, preference, span } = quantity;
  if (count === null) {
    const word = contiguity ?? (preference === "greedy" ? "greedy" : null);
    if (word !== null) reportWithoutCount(word, "a count", quantity, report);
    else if (preference === "shortest" && !quantity.optional) {
      reportWithoutCount("shortest", "a count, or `optional`", quantity, report);
    }
    return;
  }
  const { min, max } = count;
  if (max === 0) {
    report.error("E0313", span, "a count of 0 takes nothing", {
      label: "at least 1",
      notes: ["`no X` says that an event must not come; `0+` and `optional` that it need not"],
    });
  } else if (max !== null && max < min) {
    report.error("E0313", span, `there is no count from ${min} to ${max}`, {
      label: "the second number is the smaller one",
      fix: {
        title: "swap the numbers",
        span,
        text: report.text(span).replace(/\d+(\s*\.\.\s*)\d+/, `${max}$1${min}`),
      },
    });
  } else if (min > most) {
    report.error("E0313", span, `a match has at most ${most} events`, {
      label: "so this step can never have enough",
      notes: ["`limit N events per match` sets another limit"],
    });
  }
}

function reportWithoutCount(
  word: string,
  needed: string,
  quantity: Quantity,
  report: Reporter,
): void {
  report.error("E0312", quantity.span, `\`${word}\` needs ${needed}`, {
    label: "how many?",
    notes: ["for example `5+`, `3` or `2..4` before it"],
    fix: {
      title: "take one or more",
      span: { ...quantity.span, end: quantity.span.start },
      text: "1+ ",
    },
  });
}
