import type { Context } from 'hono';
import { Fault } from '../errors.ts';
import { MAX_BODY_BYTES } from './endpoints.ts';

/*
 * A body is read only here, by the handler that needs it. So a request that is refused before (its token, its origin,
 * its path) costs no memory, and every read has a limit of bytes and of time.
 */

/** Milliseconds within which a body must arrive: 1 MiB at 840 kbit/s. */
const MAX_MS = 10_000;

/**
 * Reads the body of a request to its end.
 * @throws Fault `body_too_large`, `body_timeout`, `invalid_body`
 */
export async function readBody(c: Context): Promise<ArrayBuffer | Uint8Array> {
  const { headers } = c.req.raw;
  const announced = headers.has('transfer-encoding') ? null : headers.get('content-length');
  if (Number(announced) > MAX_BODY_BYTES) throw bodyTooLarge();
  // The parser of HTTP ends a body at its announced length. Without one, the bytes are counted.
  const bytes = await inTime<ArrayBuffer | Uint8Array>(
    announced === null ? readChunks(c.req.raw.body) : c.req.arrayBuffer(),
  );
  // API Gateway delivers the body as a whole.
  if (bytes.byteLength > MAX_BODY_BYTES) throw bodyTooLarge();
  return bytes;
}

/** @throws Fault `body_too_large` as soon as too many bytes have come */
async function readChunks(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) throw bodyTooLarge();
    chunks.push(value);
  }
}

/** @throws Fault `body_timeout`, or `invalid_body` when the client hung up, which is no error of the service */
async function inTime<T>(read: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(bodyTimeout()), MAX_MS);
  });
  try {
    return await Promise.race([read, timeout]);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('invalid_body', 'the body ended before its announced length: send it again', { cause });
  } finally {
    clearTimeout(timer);
  }
}

function bodyTimeout(): Fault {
  return new Fault(
    'body_timeout',
    `the body did not arrive within ${MAX_MS / 1000} seconds: send it again, in smaller parts if the line is slow`,
  );
}

function bodyTooLarge(): Fault {
  return new Fault('body_too_large', `the body must not exceed ${MAX_BODY_BYTES} bytes`);
}
