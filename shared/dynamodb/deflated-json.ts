import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Maximum bytes of a value when it is inflated. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Returns a value as JSON, deflated: what is read and written as a whole takes a fraction of the capacity. */
export function deflateJson(value: unknown): Uint8Array {
  return deflateRawSync(JSON.stringify(value));
}

/** Returns the value of `deflateJson`. @throws Error for other bytes */
export function inflateJson(bytes: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(bytes, { maxOutputLength: MAX_BYTES }).toString('utf8'));
}
