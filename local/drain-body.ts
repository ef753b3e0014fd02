import type { IncomingMessage } from 'node:http';

/** Bytes of a rejected request body to read and discard before closing the connection. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Maximum milliseconds to read the rest of a body. */
const MAX_MS = 5000;
/** Maximum milliseconds to wait for the next bytes. */
const MAX_PAUSE_MS = 1000;

/**
 * Reads and discards a request's body that no handler has read. If a server leaves it unread, a client that is still
 * sending may lose the response, and the next request on the same connection fails.
 * @returns false when the connection must be closed: a handler has read a part of the body, the rest was too long or too
 *   slow, or the client hung up
 */
export async function drainBody(request: IncomingMessage): Promise<boolean> {
  if (request.complete) return true;
  if (request.readableDidRead || request.destroyed) return false;
  let bytes = 0;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const giveUp = () => resolve(false);
  const deadline = setTimeout(giveUp, MAX_MS);
  const pause = setTimeout(giveUp, MAX_PAUSE_MS);
  request.on('data', ({ byteLength }: Uint8Array) => {
    bytes += byteLength;
    pause.refresh();
    if (bytes > MAX_BYTES) giveUp();
  });
  for (const event of ['error', 'close']) request.on(event, giveUp);
  request.on('end', () => resolve(true));
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    clearTimeout(pause);
  }
}
