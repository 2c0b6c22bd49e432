/** The form of NATS subjects (https://docs.nats.io/nats-concepts/subjects): tokens joined by dots. */

/** Why a text is no subject, as a label, or null. `patterns`: may it have the wildcards `*` and `>`? */
export function subjectProblem(subject: string, patterns: boolean): string | null {
  if (subject === "") return "it is empty";
  if (/[\s\p{Cc}]/u.test(subject)) return "it has white space";
  const tokens = subject.split(".");
  if (tokens.includes("")) return "it has an empty part between dots";
  for (const [i, token] of tokens.entries()) {
    if (!/[*>]/.test(token)) continue;
    if (!patterns) return "wildcards stand only where events are read";
    if (token !== "*" && token !== ">") return "a wildcard is a whole part between dots";
    if (token === ">" && i < tokens.length - 1) return "`>` stands only at the end";
  }
  return null;
}
