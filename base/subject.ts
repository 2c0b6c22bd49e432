/**
 * NATS subjects: tokens joined by dots, and patterns over them. `*` stands for one token, `>` at the end for one or more.
 * Source: https://docs.nats.io/nats-concepts/subjects.
 */

/** Does the subject fit the pattern? O(length); the subject is taken as it is and holds no wildcards. */
export function subjectMatches(pattern: string, subject: string): boolean {
  const wanted = pattern.split(".");
  const tokens = subject.split(".");
  for (const [index, token] of wanted.entries()) {
    if (token === ">" && index === wanted.length - 1) return tokens.length > index;
    if (index >= tokens.length) return false;
    if (token !== "*" && token !== tokens[index]) return false;
  }
  return tokens.length === wanted.length;
}
