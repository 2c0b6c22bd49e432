/** Where a `no` may stand (M-5): at the start it needs its own bound, between two steps it can have none. */

import type { NoElement } from "./ast.ts";
import { insertion } from "./report.ts";
import type { Checking } from "./scope.ts";

export function checkNo(
  element: NoElement,
  place: { readonly atStart: boolean; readonly atEnd: boolean },
  checking: Checking,
): void {
  const { report } = checking;
  const { within, span } = element;
  if (place.atStart) {
    if (within !== null) return;
    const no = { ...span, end: span.start + 2 };
    report.error("E0302", no, "a `no` at the start needs its own `within`", {
      label: "nothing says how far back to look",
      notes: [
        "at the start `no` looks back from the match's first event; the match's own `within` runs forward from it",
      ],
      fix: insertion(span.file, span.end, `\`${report.text(span)} within 10m\``, " within 10m"),
    });
  } else if (within !== null && !place.atEnd) {
    report.error("E0314", within.span, "a `no` between two steps watches until the next one", {
      label: "so it has no bound of its own",
      notes: ["`within` on the next step bounds how long it may take"],
    });
  }
}
