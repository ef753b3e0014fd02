import type { Context, Hono } from 'hono';
import type { Generation } from '../../generation/generation.ts';
import type { HeadStore, RowSetStore } from '../../generation/ports.ts';
import { servesOverrides } from '../../generation/served.ts';
import type { QueriedDimensionReporter } from '../../lookup/queried-dimensions.ts';
import {
  indexTag,
  POLL_SECONDS,
  SNAPSHOT_SCHEMA,
  snapshotDigest,
  snapshotHead,
} from '../../lookup/snapshot.ts';
import type { SnapshotList } from '../../lookup/snapshot-list.ts';
import type { Override, Policy } from '../../override/override.ts';
import type { ScorePart } from '../../override/score/score-parts.ts';
import { scoreOfParts } from '../../override/score/score-parts.ts';
import { addRoute, patternParam, readQuery } from '../app.ts';
import { botOf } from '../caller.ts';
import { compactOverrides } from '../compact-overrides.ts';
import { ENDPOINTS } from '../endpoints.ts';
import { pageByKey } from '../pagination.ts';
import { snapshotQuerySchema, snapshotsQuerySchema } from '../schemas/lookup.ts';

interface SnapshotDeps {
  readonly heads: HeadStore;
  readonly overrides: RowSetStore<Override>;
  readonly scores: RowSetStore<ScorePart>;
  readonly snapshotList: SnapshotList;
  readonly defaults: { readonly policy: Policy };
  readonly queriedDimensions: QueriedDimensionReporter;
}

/** Registers the index of snapshots, and the snapshot of a pattern: what a client needs to resolve look-ups itself. */
export function snapshotRoutes(app: Hono, deps: SnapshotDeps): void {
  addRoute(app, { ...ENDPOINTS.getSnapshots, query: snapshotsQuerySchema }, c => respondToIndex(c, deps));
  addRoute(app, { ...ENDPOINTS.getSnapshot, query: snapshotQuerySchema }, c => respondToSnapshot(c, deps));
}

/** Answers which snapshots there are. The tag is that of the whole list, on each of its pages. */
async function respondToIndex(c: Context, deps: SnapshotDeps): Promise<Response> {
  const query = readQuery(c, snapshotsQuerySchema);
  const mode = (await deps.heads.serviceSwitch())?.mode ?? 'live';
  const entries = await deps.snapshotList.entries(mode);
  const etag = indexTag(entries, mode);
  const page = pageByKey(entries, ({ pattern_key }) => pattern_key, query);
  // A client that polls asks for every pattern of the page, and reads those that changed.
  for (const { pattern_key } of page.rows) deps.queriedDimensions.recordSnapshot(pattern_key, botOf(c));
  return answer(c, etag, { schema: SNAPSHOT_SCHEMA, etag, poll_seconds: POLL_SECONDS, mode }, () => ({
    patterns: page.rows,
    ...page.next,
  }));
}

/** Answers all overrides of a pattern, and its model. Each form has its own tag, because their bytes differ. */
async function respondToSnapshot(c: Context, deps: SnapshotDeps): Promise<Response> {
  const { form } = readQuery(c, snapshotQuerySchema);
  const pattern = patternParam(c);
  const { head, service } = await deps.heads.headAndService(pattern);
  if (head) deps.queriedDimensions.recordSnapshot(pattern, botOf(c));
  const { etag: tag, ...rest } = snapshotHead(pattern, head, deps.defaults.policy, service);
  const etag = form === 'compact' ? `${tag.slice(0, -1)}-compact"` : tag;
  const served = servesOverrides(rest.mode) ? head?.current : undefined;
  const { candidate, ...members } = rest;
  const readRows = async (of: Generation | undefined): Promise<object> => {
    const overrides = of ? await deps.overrides.read(pattern, of.overrides) : [];
    const score = of?.score && scoreOfParts(await deps.scores.read(pattern, of.score));
    const written =
      form === 'compact'
        ? compactOverrides(overrides)
        : overrides.map(override => ({ pattern_key: pattern, ...override }));
    return { sha256: snapshotDigest(overrides), overrides: written, ...(score && { score }) };
  };
  return answer(c, etag, { ...members, etag }, async () => ({
    ...(await readRows(served)),
    ...(candidate && {
      candidate: { ...candidate, ...(await readRows(head?.candidate?.generation)) },
    }),
  }));
}

/** Answers 304 to a caller that has the tag, else the members. @param more reads members that take long */
async function answer(
  c: Context,
  etag: string,
  members: object,
  more: () => object | Promise<object>,
): Promise<Response> {
  const headers = { etag, 'cache-control': 'no-cache' };
  if (matchesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  return c.json({ ...members, ...(await more()) }, 200, headers);
}

/** Returns whether an If-None-Match header matches the tag (RFC 9110: weak comparison, a list, or `*`). */
export function matchesTag(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some(tag => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
