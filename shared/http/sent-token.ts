import type { Context } from 'hono';

/** Visible ASCII characters. */
const TOKEN = /^[!-~]+$/;

/**
 * Returns the token that a caller sent, unchecked; undefined without one. It comes as `Authorization: Bearer …`. On the
 * routes of the OpenFeature Remote Evaluation Protocol it may come as `X-API-Key: …` instead.
 */
export function sentToken(c: Context): string | undefined {
  const [, bearer] = /^Bearer +([!-~]+) *$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (bearer !== undefined || !c.req.path.startsWith('/ofrep/')) return bearer;
  const key = c.req.header('x-api-key')?.trim() ?? '';
  return TOKEN.test(key) ? key : undefined;
}
