import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hono } from 'hono';
import { openParts } from '../client/node/open.ts';
import type { Spool } from '../client/node/spool/spool.ts';
import type { Fetch } from '../client/src/ports.ts';
import type { ClientCore } from '../client/src/served.ts';
import { Fault } from '../shared/errors.ts';
import { addRoute, createApp } from '../shared/http/app.ts';
import { ENDPOINTS } from '../shared/http/endpoints.ts';
import { addLookupRoutes } from '../shared/http/routes/lookup.ts';
import { ofrepRoutes } from '../shared/http/routes/ofrep.ts';
import { sentToken } from '../shared/http/sent-token.ts';
import { leversOf } from '../shared/lever/lever.ts';
import type { Log } from '../shared/log.ts';
import type { LookupRequest } from '../shared/lookup/look-up.ts';
import { answerReason } from '../shared/lookup/look-up.ts';
import type { EdgeAnswer } from './look-up-from-copy.ts';
import { lookUpFromCopy } from './look-up-from-copy.ts';
import type { EdgeMetrics } from './metrics.ts';
import { edgeMetrics } from './metrics.ts';
import { snapshotRoutesOfCopy, tunedPatterns } from './snapshot-routes.ts';
import { spoolRoutes } from './spool-routes.ts';

export interface EdgeOptions {
  /** Address of the service, or of another edge. */
  readonly upstream: string;
  /** A file with the token of the edge at the service; it is read again after a 401. */
  readonly tokenFile?: string | undefined;
  /** Sends requests to the service, for example signed; by default `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** The folder for snapshots and the spool. */
  readonly dir: string;
  /** Mean time between polls, milliseconds; by default what the service says. */
  readonly pollMs?: number | undefined;
  /** The token that callers of the edge must send; without it every caller is read. */
  readonly token?: string | undefined;
  readonly origins?: readonly string[];
  readonly log: Log;
}

/** A running edge. */
export interface Edge {
  readonly app: Hono;
  readonly core: ClientCore;
  readonly spool: Spool;
  /** Writes the spool to disk and ends polls and delivery. */
  close(): Promise<void>;
}

/** Opens an edge: look-ups from its own copy, and events on its own disk. It starts without the service as well. */
export function openEdge(options: EdgeOptions): Edge {
  const { upstream, tokenFile, dir, pollMs, token, origins = [], log } = options;
  const metrics = edgeMetrics(() => parts);
  const parts = openParts({
    url: upstream,
    folder: dir,
    keepDocuments: true,
    fetch: counted(options.fetch ?? (fetch as Fetch), metrics),
    warn: message => log.warn(message),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(pollMs !== undefined && { pollMs }),
  });
  const { core, spool } = parts;
  const app = createApp(log, origins);
  if (token !== undefined) requireToken(app, token);
  const lookUp = (request: LookupRequest): EdgeAnswer => {
    const started = performance.now();
    const answer = lookUpFromCopy(core, request);
    const reason = answerReason(answer);
    // An edge has one reason for a degraded answer.
    metrics.lookedUp(reason === 'degraded' ? 'not_ready' : reason, (performance.now() - started) / 1000);
    return answer;
  };
  addLookupRoutes(app, lookUp);
  ofrepRoutes(app, {
    lookUp,
    levers: pattern => core.served(pattern)?.levers ?? leversOf(pattern),
    tuned: () => tunedPatterns(core, lookUp),
  });
  snapshotRoutesOfCopy(app, core);
  spoolRoutes(app, spool, Date.now);
  monitorRoutes(app, core, metrics);
  return {
    app,
    core,
    spool,
    close: async () => {
      await spool.close();
      core.close();
    },
  };
}

function monitorRoutes(app: Hono, core: ClientCore, metrics: EdgeMetrics): void {
  addRoute(app, ENDPOINTS.getHealth, c => c.json({ ok: true }));
  app.get('/readyz', c => {
    const { ready, stale, age_seconds } = core.state();
    const isReady = ready && !(stale && c.req.query('fresh') !== undefined);
    return c.json({ ready, stale, age_seconds }, isReady ? 200 : 503, { 'cache-control': 'no-store' });
  });
  app.get('/metrics', async c => {
    const { body, type } = await metrics.text();
    return c.body(body, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
}

/** Requires the token on every route but those of monitors, which reveal nothing. */
function requireToken(app: Hono, token: string): void {
  const digest = digestOf(token);
  app.use(async (c, next) => {
    if (OPEN.has(c.req.path) || timingSafeEqual(digestOf(sentToken(c) ?? ''), digest)) return next();
    throw new Fault('unauthorized', 'send the token of the edge: Authorization: Bearer …');
  });
}

const OPEN: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Counts the requests to the service by their status. */
function counted(send: Fetch, metrics: EdgeMetrics): Fetch {
  return async (url, init) => {
    const kind = init.method === 'POST' ? 'delivery' : 'poll';
    try {
      const answer = await send(url, init);
      metrics.called(kind, String(answer.status));
      return answer;
    } catch (error) {
      metrics.called(kind, 'none');
      throw error;
    }
  };
}
