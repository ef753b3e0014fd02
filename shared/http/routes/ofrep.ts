import type { Context, Hono } from 'hono';
import { shortHash } from '../../hash.ts';
import type { LookupRequest } from '../../lookup/look-up.ts';
import { indexTag } from '../../lookup/snapshot.ts';
import { snapshotEntries } from '../../lookup/snapshot-list.ts';
import type { Evaluation, FlagLookup } from '../../ofrep/evaluation.ts';
import { evaluateFlag, evaluationText } from '../../ofrep/evaluation.ts';
import type { FlagContext } from '../../ofrep/flag-context.ts';
import { readFlagContext } from '../../ofrep/flag-context.ts';
import { parseFlagKey } from '../../ofrep/flag-key.ts';
import type { PatternKey } from '../../pattern/pattern-key.ts';
import { addRoute, readJson } from '../app.ts';
import { botOf } from '../caller.ts';
import { ENDPOINTS } from '../endpoints.ts';
import type { LookupDeps } from './lookup.ts';
import { lookUpInForce } from './lookup.ts';
import { matchesTag } from './snapshots.ts';

type LookUp = (request: LookupRequest, bot: string | undefined) => FlagLookup | Promise<FlagLookup>;

interface TunedPatterns {
  readonly tag: string;
  /** Each with the look-up that answers from what the tag stands for. */
  readonly patterns: readonly { readonly pattern: PatternKey; readonly lookUp: LookUp }[];
}

/** Answers look-ups for flags: the service from its store, the edge from its copy. */
interface FlagSource {
  readonly lookUp: LookUp;
  /** Levers of a pattern, where the source knows others than this build. */
  levers?: Parameters<typeof parseFlagKey>[1];
  /** Returns the patterns with a generation, and a tag that differs whenever what is in force does. @throws Fault */
  tuned(): TunedPatterns | Promise<TunedPatterns>;
}

/** Look-ups that one request for all flags makes at once. */
const AT_ONCE = 8;

/** Registers both routes of the OpenFeature Remote Evaluation Protocol (contract, section 9). */
export function ofrepRoutes(app: Hono, source: FlagSource): void {
  addRoute(app, ENDPOINTS.postFlag, async c => {
    const key = c.req.param('key') ?? '';
    const flag = parseFlagKey(key, source.levers);
    const context = readFlagContext(await readJson(c));
    const answer = await source.lookUp(requestOf(flag.pattern, context), botOf(c));
    return json(c, evaluationText(evaluateFlag(key, flag, answer, context)));
  });
  addRoute(app, ENDPOINTS.postFlags, async c => respondToAll(c, source));
}

/** Registers the flags of the service. Heads are read anew for each request, so a change holds for the next one. */
export function ofrepRoutesOfService(app: Hono, deps: LookupDeps): void {
  ofrepRoutes(app, {
    lookUp: (request, bot) => lookUpInForce(deps, request, bot),
    async tuned() {
      const service = (await deps.heads.serviceSwitch())?.mode ?? 'live';
      const overview = await deps.heads.overview();
      const patterns = overview.flatMap(({ pattern, head }) => {
        const lookUp: LookUp = (request, bot) =>
          lookUpInForce(deps, request, bot, async () => ({ head, service }));
        return (head?.current ?? head?.candidate) ? [{ pattern, lookUp }] : [];
      });
      return { patterns, tag: indexTag(snapshotEntries(overview, deps.defaults.policy, service), service) };
    },
  });
}

/** Answers the flag of each pattern with a generation, or 304 to a caller that has this answer. */
async function respondToAll(c: Context, source: FlagSource): Promise<Response> {
  const context = readFlagContext(await readJson(c));
  const { patterns, tag } = await source.tuned();
  const etag = `"flags-${shortHash(JSON.stringify([tag, context]))}"`;
  const headers = { etag, 'cache-control': 'no-cache' };
  if (matchesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  const flags: Evaluation[] = [];
  for (let i = 0; i < patterns.length; i += AT_ONCE)
    flags.push(
      ...(await Promise.all(
        patterns.slice(i, i + AT_ONCE).map(async ({ pattern, lookUp }) => {
          const answer = await lookUp(requestOf(pattern, context), botOf(c));
          return evaluateFlag(pattern, { pattern, effect: 'all' }, answer, context);
        }),
      )),
    );
  return json(c, `{"flags":[${flags.map(evaluationText).join(',')}]}`, headers);
}

function requestOf(pattern: PatternKey, { scope, episodeId }: FlagContext): LookupRequest {
  return { pattern, scope, thresholds: {}, resolution: undefined, explain: false, episodeId };
}

function json(c: Context, text: string, headers: Record<string, string> = {}): Response {
  return c.body(text, 200, { ...headers, 'content-type': 'application/json' });
}
