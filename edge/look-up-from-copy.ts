import type { ClientCore, ServedPattern } from '../client/src/served.ts';
import { servedToEpisode } from '../client/src/served.ts';
import { servesOverrides } from '../shared/generation/served.ts';
import { leversOf } from '../shared/lever/lever.ts';
import type { InForce, LookupRequest, LookupResult, OverrideMatcher } from '../shared/lookup/look-up.ts';
import { lookUp } from '../shared/lookup/look-up.ts';
import type { Override } from '../shared/override/override.ts';
import { OverrideIndex } from '../shared/override/override-index.ts';
import { fullOverrides } from './full-overrides.ts';

/** An answer of the service, and how old the copy is that it comes from. */
export interface EdgeAnswer extends LookupResult {
  /** True after a long time without contact with the service; what was last known is still served. */
  readonly stale: boolean;
  /** Seconds since the service last confirmed the copy; −1 before the first time. */
  readonly age_seconds: number;
  /** Present while the edge has no copy: the answer is neutral. */
  readonly degraded?: { readonly code: string; readonly detail: string };
}

const NOT_READY = {
  code: 'not_ready',
  detail: 'the edge has no snapshot yet: the answer is neutral until it has reached the service once',
} as const;

/**
 * Answers a look-up as the service does, from the copy of the edge. What a copy does not have is left out: values and
 * patterns that no event named (`unknown_values`, `pattern_known`), and the explanation in mode `shadow`.
 */
export function lookUpFromCopy(core: ClientCore, request: LookupRequest): EdgeAnswer {
  const copy = core.served(request.pattern);
  const served = copy && servesOverrides(copy.mode) ? servedToEpisode(copy, request.episodeId) : copy;
  const { stale, ageSeconds } = core.freshness(served ? request.pattern : undefined);
  const inForce = inForceOfCopy(core, request, served);
  const result = lookUp(request, inForce, served && matcherOf(served), served?.score);
  const age = { stale, age_seconds: ageSeconds };
  if (served) return { ...result, ...age };
  if (!core.state().ready) return { ...result, applied: {}, ...age, degraded: NOT_READY };
  return { ...result, ...age };
}

function inForceOfCopy(
  core: ClientCore,
  { pattern }: LookupRequest,
  served: ServedPattern | undefined,
): InForce {
  const isOff = core.serviceMode() === 'off' || core.state().off;
  const mode = isOff ? 'off' : (served?.mode ?? 'live');
  const entries = servesOverrides(mode) ? served : undefined;
  return {
    generation: served?.generation ?? 0,
    ...(entries?.arm && { arm: entries.arm }),
    mode,
    ...(core.serviceMode() === 'off' && { mode_by: 'service' }),
    policy: served?.policy ?? 'replay',
    resolution: served?.resolution ?? 'product',
    entries: entries?.entries ?? 'open',
    ...(entries?.entriesReason !== undefined && { entries_reason: entries.entriesReason }),
    levers: served?.levers ?? leversOf(pattern),
  };
}

/** The rows with their reasons are read for an explanation only, once for each snapshot. */
const explained = new WeakMap<ServedPattern['index'], OverrideIndex<Override>>();

function matcherOf({ index, arm, text = '{}', levers }: ServedPattern): OverrideMatcher {
  return {
    // Categories of a newer service pass through: the answer names what the snapshot names.
    resolve: (scope, resolution) =>
      index.resolve(scope, resolution) as ReturnType<OverrideMatcher['resolve']>,
    matching: scope => {
      const known =
        explained.get(index) ??
        new OverrideIndex(
          fullOverrides(partOf(text, arm)) as unknown as Override[],
          levers.map(({ category }) => category),
        );
      explained.set(index, known);
      return known.matching(scope);
    },
  };
}

/** Returns the part of a snapshot that serves an arm. */
function partOf(text: string, arm: ServedPattern['arm']): Readonly<Record<string, unknown>> {
  const document = JSON.parse(text);
  return arm === 'candidate' ? document.candidate : document;
}
