/** Bytes of a rejected request body to read and discard before closing the connection. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Maximum milliseconds to read the rest of a body. */
const MAX_MS = 5000;

/**
 * Reads and discards the rest of a request's body. If a server leaves the rest unread, a client that is still sending
 * may lose the response, and the next request on the same connection fails.
 * @param tooLarge whether the request was rejected for its size; a chunked body is then already partly read
 * @returns false when the connection must be closed: the rest was too long or too slow, or the client hung up
 */
export async function drainBody(request: Request, tooLarge: boolean): Promise<boolean> {
  if (tooLarge && request.headers.has('transfer-encoding')) return false;
  if (request.bodyUsed || !request.body) return true;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>(resolve => {
    timer = setTimeout(() => resolve(false), MAX_MS);
  });
  try {
    return await Promise.race([readToEnd(request.body.getReader()), timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
  for (let bytes = 0; bytes <= MAX_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return true;
    bytes += value.byteLength;
  }
  return false;
}
