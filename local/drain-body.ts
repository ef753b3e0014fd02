/** Of a body that is refused, so much is taken in and thrown away before its sender is cut off. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_MS = 5000;

/**
 * Takes in and throws away what is left of a request's body. A server that answers before it has read everything and
 * leaves the rest where it is takes the answer away from a client that is still sending, and breaks the next request
 * on the same connection.
 * @param tooLarge whether it was refused for its size, which for a body in chunks is seen in the middle of reading it
 * @returns false when there was too much of it, or it took too long, or nobody can read on: the connection cannot be
 *   used again
 */
export async function drained(request: Request, tooLarge: boolean): Promise<boolean> {
  if (tooLarge && request.headers.has('transfer-encoding')) return false;
  if (request.bodyUsed || !request.body) return true;
  const reader = request.body.getReader();
  const until = performance.now() + MOST_MS;
  for (let bytes = 0; bytes <= MOST_BYTES && performance.now() < until; ) {
    const { done, value } = await reader.read();
    if (done) return true;
    bytes += value.byteLength;
  }
  return false;
}
