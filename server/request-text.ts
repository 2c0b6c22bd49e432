/** The text of a request, of a client that may send without end. */

/** Null where the body has more bytes; what is behind them is not read. */
export async function readText(
  { body, headers }: Pick<Request, "body" | "headers">,
  maxBytes: number,
): Promise<string | null> {
  if (Number(headers.get("content-length") ?? 0) > maxBytes) return null;
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
