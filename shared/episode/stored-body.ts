import * as z from 'zod';
import { Fault } from '../errors.ts';
import { parseJsonText } from '../json.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import { normalizeScope } from '../pattern/scope.ts';
import { safeRecord } from '../validation.ts';
import type { Episode } from './episode.ts';
import type { Factors } from './factors.ts';

/** The canonical body of a stored event. Factors are read as they are, because earlier versions checked them less. */
const bodySchema = z.object({
  episode_id: z.string(),
  window: z.string().optional(),
  decision: z.enum(['acted', 'skipped']),
  scope: z.record(z.string(), z.string()),
  factors: safeRecord<Factors>(Number.POSITIVE_INFINITY, () => undefined),
  timestamp: z.iso.datetime().transform(text => Date.parse(text)),
  trade_id: z.string().nullable(),
});

/** Reads the canonical body of a stored event, without its outcome. @throws Fault `damaged_event` */
export function parseEpisodeBody(pattern: PatternKey, text: string): Episode {
  const stored = bodySchema.safeParse(parseJsonText(text));
  if (!stored.success) throw new Fault('damaged_event', 'the body of a stored event is unreadable');
  const { episode_id, window, decision, scope, factors, timestamp, trade_id } = stored.data;
  return {
    pattern,
    id: episode_id,
    window,
    decision,
    scope: normalizeScope(scope),
    factors,
    timestamp,
    tradeId: trade_id ?? undefined,
    outcome: undefined,
  };
}
