import type { Context } from 'hono';

/** Longest name of a caller that is stored, in characters. */
const MAX_LENGTH = 256;

/** Returns the caller for audits: the identity that API Gateway or the token check authenticated, else `local`. */
export function callerOf(c: Context): string {
  const authorizer = c.env?.requestContext?.authorizer;
  const who = authorizer?.iam?.userArn ?? authorizer?.jwt?.claims?.sub ?? 'local';
  return String(who).slice(0, MAX_LENGTH);
}
