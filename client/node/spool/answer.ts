import type { ServiceAnswer } from '../../src/ports.ts';

/** An item that the service did not take. */
interface Refusal {
  /** Position of the item in the request, from 0. */
  readonly index: number;
  readonly code: string;
  readonly detail: string;
}

/** The consequence of an answer to `POST /v1/events` or `/v1/outcomes` for the items of its request. */
type Verdict =
  /** The service has every item but those that it refused for good. */
  | { readonly kind: 'done'; readonly refused: readonly Refusal[] }
  /** The request was refused as a whole for what an item has in it: smaller requests find out which one. */
  | { readonly kind: 'split'; readonly code: string; readonly detail: string }
  /** Nothing is known of the items: the same request is sent again. */
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number };

const TAKEN = new Set([200, 202, 207]);
/** Longest wait that a `Retry-After` can ask for, milliseconds. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;
/** The codes of a 400 that is about the caller or its address, and not about an item. */
const NO_ITEM = new Set(['unauthorized', 'forbidden', 'not_found', 'method_not_allowed']);

/**
 * Interprets an answer. Only the service itself may refuse an item: what is not in its form, such as the page of a proxy,
 * is no answer.
 * @param wall milliseconds since 1970, for a `Retry-After` that is a date
 */
export function readVerdict({ status, headers, text }: ServiceAnswer, wall: number): Verdict {
  const body = parseObject(text);
  const refused = refusalsOf(body?.rejected);
  if (TAKEN.has(status) && refused) return { kind: 'done', refused };
  if (status === 400 && refused && refused.length > 0) return { kind: 'done', refused };
  const code = typeof body?.code === 'string' ? body.code : undefined;
  const detail = typeof body?.detail === 'string' ? body.detail : '';
  if (status === 413) return { kind: 'split', code: code ?? 'body_too_large', detail };
  if (status === 400 && code !== undefined && !NO_ITEM.has(code)) return { kind: 'split', code, detail };
  const retryAfterMs = readRetryAfter(headers.get('retry-after'), wall);
  return { kind: 'retry', reason: `${status}${code === undefined ? '' : ` ${code}`}`, retryAfterMs };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns undefined for what is no list of refused items. */
function refusalsOf(value: unknown): Refusal[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const refusals = value.filter((each): each is { index: number; code?: unknown; detail?: unknown } =>
    Number.isInteger(each?.index),
  );
  if (refusals.length < value.length) return undefined;
  return refusals.map(({ index, code, detail }) => ({
    index,
    code: typeof code === 'string' ? code : 'unknown',
    detail: typeof detail === 'string' ? detail : '',
  }));
}

/** Returns the wait of a `Retry-After`, which is a number of seconds or a date; 0 without a valid one. */
function readRetryAfter(header: string | null, wall: number): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - wall;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
}
