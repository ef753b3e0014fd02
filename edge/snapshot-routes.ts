import type { Context, Hono } from 'hono';
import type { ClientCore, ServedPattern } from '../client/src/served.ts';
import { Fault } from '../shared/errors.ts';
import { addRoute, patternParam, readQuery } from '../shared/http/app.ts';
import { ENDPOINTS } from '../shared/http/endpoints.ts';
import { pageByKey } from '../shared/http/pagination.ts';
import { matchesTag } from '../shared/http/routes/snapshots.ts';
import { snapshotQuerySchema, snapshotsQuerySchema } from '../shared/http/schemas/lookup.ts';
import { isObject } from '../shared/json.ts';
import { indexTag, POLL_SECONDS, SNAPSHOT_SCHEMA, type SnapshotEntry } from '../shared/lookup/snapshot.ts';
import { fullOverrides } from './full-overrides.ts';

/** Registers the routes from which clients and further edges copy what this edge has. */
export function snapshotRoutesOfCopy(app: Hono, core: ClientCore): void {
  addRoute(app, { ...ENDPOINTS.getSnapshots, query: snapshotsQuerySchema }, c => respondToIndex(c, core));
  addRoute(app, { ...ENDPOINTS.getSnapshot, query: snapshotQuerySchema }, c => respondToSnapshot(c, core));
}

/** The entries of the copy, the mode of the service, and the tag of both. @throws Fault before the first copy */
function indexOf(core: ClientCore) {
  // An empty index would tell clients that no pattern is tuned, so that they drop what they have.
  if (!core.state().ready) throw new Fault('store_unavailable', 'the edge has no snapshot yet');
  const mode = core.serviceMode() === 'off' ? ('off' as const) : ('live' as const);
  const entries = core.servedPatterns().map(entryOf);
  return { mode, entries, etag: indexTag(entries, mode) };
}

/**
 * Returns the patterns with a generation, and a tag that differs whenever an answer from this copy may.
 * @param lookUp answers from the copy
 * @throws Fault `store_unavailable` before the first copy
 */
export function tunedPatterns<LookUp>(core: ClientCore, lookUp: LookUp) {
  const { entries, etag } = indexOf(core);
  const { off, stale } = core.state();
  return {
    patterns: entries
      .filter(({ generation, pattern_key }) => generation > 0 || core.served(pattern_key)?.candidate)
      .map(({ pattern_key: pattern }) => ({ pattern, lookUp })),
    tag: `${etag} ${off} ${stale}`,
  };
}

function respondToIndex(c: Context, core: ClientCore): Response {
  const query = readQuery(c, snapshotsQuerySchema);
  const { mode, entries, etag } = indexOf(core);
  const headers = headersOf(core, etag);
  if (matchesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  const page = pageByKey(entries, ({ pattern_key }) => pattern_key, query);
  const head = { schema: SNAPSHOT_SCHEMA, etag, poll_seconds: POLL_SECONDS, mode };
  return c.json({ ...head, patterns: page.rows, ...page.next }, 200, headers);
}

/** The tag of an entry is that of the full form, as in the index of the service. */
function entryOf({ pattern, etag, generation, mode, publishedAt }: ServedPattern): SnapshotEntry {
  return {
    pattern_key: pattern as SnapshotEntry['pattern_key'],
    etag: fullTag(etag),
    generation,
    mode,
    published_at: publishedAt ?? null,
  };
}

/** The copy is in the compact form, whose tag has an end of its own. */
const fullTag = (compactTag: string): string => compactTag.replace(/-compact"$/, '"');

function respondToSnapshot(c: Context, core: ClientCore): Response {
  const { form } = readQuery(c, snapshotQuerySchema);
  const served = core.served(patternParam(c));
  if (served?.text === undefined)
    throw new Fault('store_unavailable', 'the edge has no snapshot of this pattern');
  const etag = form === 'compact' ? served.etag : fullTag(served.etag);
  const headers = headersOf(core, etag, served.pattern);
  if (matchesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  if (form === 'compact') return c.body(served.text, 200, { ...headers, 'content-type': 'application/json' });
  const document = JSON.parse(served.text) as Record<string, unknown>;
  const rowsOf = (part: Readonly<Record<string, unknown>>): object[] =>
    fullOverrides(part).map(row => ({ pattern_key: served.pattern, ...row }));
  const { candidate } = document;
  const tried = isObject(candidate) && { candidate: { ...candidate, overrides: rowsOf(candidate) } };
  return c.json({ ...document, etag, overrides: rowsOf(document), ...tried }, 200, headers);
}

/** `Age` is the time since the service confirmed the answer (RFC 9111, section 5.1). */
function headersOf(core: ClientCore, etag: string, pattern?: string): Record<string, string> {
  const { ageSeconds } = core.freshness(pattern);
  const age = ageSeconds < 0 ? {} : { age: String(Math.floor(ageSeconds)) };
  return { etag, 'cache-control': 'no-cache', ...age };
}
