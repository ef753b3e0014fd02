import type { Context, Hono } from 'hono';
import { faultCode } from '../../errors.ts';
import type { Generation, RowSetRef } from '../../generation/generation.ts';
import type { HeadStore, RowSetStore } from '../../generation/ports.ts';
import { servesOverrides } from '../../generation/served.ts';
import type { Log } from '../../log.ts';
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
import type { PatternKey } from '../../pattern/pattern-key.ts';
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
  readonly log: Log;
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
  let isWhole = true;
  const readRows = async (of: Generation | undefined): Promise<object> => {
    const overrides = of ? await deps.overrides.read(pattern, of.overrides) : [];
    const score = of?.score && (await readScore(deps, pattern, of.score));
    isWhole &&= !of?.score || score !== undefined;
    const written =
      form === 'compact'
        ? compactOverrides(overrides)
        : overrides.map(override => ({ pattern_key: pattern, ...override }));
    return { sha256: snapshotDigest(overrides), overrides: written, ...(score && { score }) };
  };
  return answer(c, etag, { ...members, etag }, async () => {
    const rows = await readRows(served);
    const tried = candidate && { ...candidate, ...(await readRows(head?.candidate?.generation)) };
    // Another tag than that of the whole, so that a caller gets the model once it is restored.
    const partial = isWhole ? {} : { etag: `${etag.slice(0, -1)}-partial"` };
    return { ...rows, ...(tried && { candidate: tried }), ...partial };
  });
}

/**
 * Returns the model of a generation; undefined for a damaged one, because overrides and a halt must reach clients without it.
 * @throws Fault of the store
 */
async function readScore(
  { scores, log }: Pick<SnapshotDeps, 'scores' | 'log'>,
  pattern: PatternKey,
  set: RowSetRef,
): Promise<object | undefined> {
  try {
    return scoreOfParts(await scores.read(pattern, set));
  } catch (error) {
    if (faultCode(error) !== 'damaged_generation') throw error;
    log.error('the model of a snapshot is damaged', error, { pattern });
    return undefined;
  }
}

/** Members of an answer. With `etag` its tag is another one than that of the whole. */
interface Members {
  readonly etag?: string;
  readonly [name: string]: unknown;
}

/** Answers 304 to a caller that has the tag, else the members. @param more reads members that take long */
async function answer(
  c: Context,
  etag: string,
  members: object,
  more: () => Members | Promise<Members>,
): Promise<Response> {
  const headers = { etag, 'cache-control': 'no-cache' };
  if (matchesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  const rest = await more();
  return c.json({ ...members, ...rest }, 200, { ...headers, etag: rest.etag ?? etag });
}

/** Returns whether an If-None-Match header matches the tag (RFC 9110: weak comparison, a list, or `*`). */
export function matchesTag(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some(tag => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
