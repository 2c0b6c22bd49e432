/** Errors of the HTTP side as `application/problem+json` (RFC 9457). */

/** A document that says what went wrong; `detail` is a clause for people, without secrets. */
export function problem(status: number, title: string, detail: string): Response {
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401) headers.set("www-authenticate", "Bearer");
  return new Response(JSON.stringify({ title, status, detail }), { status, headers });
}
