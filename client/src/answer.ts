import { isObject } from '../../shared/json.ts';
import { applyThresholds } from '../../shared/override/apply-thresholds.ts';
import type { ResolvedOverride } from '../../shared/override/override-index.ts';
import { normalizeScope } from '../../shared/pattern/scope.ts';
import { servesOverrides } from './held-snapshots.ts';
import type { ServedPattern, SnapshotLever } from './served.ts';
import { servedToEpisode } from './served.ts';
import type { Applied, ByThreshold, ClientMode, LookupOptions, Reason, ThresholdAnswer } from './types.ts';

type Thresholds = Readonly<Record<string, number>>;

const NOTHING: ByThreshold = Object.freeze({});
const NOT_MOVED: Applied = Object.freeze({});
const RESOLUTIONS = ['blend', 'most-specific', 'product'];

/** The state on which an answer depends besides the call. */
export interface Situation {
  readonly served: ServedPattern | undefined;
  /** Why nothing is served, whatever the pattern says. */
  readonly barred: Exclude<Reason, 'MATCH'> | undefined;
  readonly mode: ClientMode;
  readonly stale: boolean;
  readonly ageSeconds: number;
}

/** Answers a valid look-up. @throws Error for an invalid scope, threshold or resolution */
export function answerLookup(
  situation: Situation,
  scope: unknown,
  base: Thresholds,
  options: LookupOptions | undefined,
): ThresholdAnswer {
  const canonical = normalizeScope(scope);
  checkThresholds(base);
  const { barred } = situation;
  const served = situation.served && servedToEpisode(situation.served, episodeOf(options));
  const resolution = options?.resolution ?? served?.resolution ?? 'blend';
  if (!RESOLUTIONS.includes(resolution)) throw new Error(`the resolution ${resolution} is unknown`);
  if (barred !== undefined || !served) return neutral(situation, barred ?? 'NEUTRAL', base);
  if (!servesOverrides(served.mode))
    return neutral(situation, served.mode === 'shadow' ? 'SHADOW' : 'OFF', base);
  const resolved = served.index.resolve(canonical, resolution);
  const { thresholds, moved } = applyThresholds(served.levers, base, resolved);
  for (const name in thresholds)
    if (!Number.isFinite(thresholds[name])) throw new Error(`the threshold ${name} has no value`);
  const { generation, entries } = served;
  const advised = options?.factors && served.score?.(options.factors, base, canonical, entries === 'halted');
  return {
    ...frameOf({ ...situation, served }, resolved.length > 0 ? 'MATCH' : 'NEUTRAL', thresholds),
    ...(served.arm && { arm: served.arm }),
    ...effectsOf(served.levers, resolved),
    entries,
    applied: { generation, ...moved, ...advised?.applied },
    ...advised?.answer,
  };
}

/** Returns an answer that leaves the thresholds as they are. It never throws. */
export function neutral(
  situation: Situation,
  reason: Exclude<Reason, 'MATCH'>,
  base: unknown,
): ThresholdAnswer {
  const answer = frameOf(situation, reason, copyOf(base));
  // Where a mode serves overrides and none matches, the answer of the service says so with the generation.
  return reason === 'NEUTRAL'
    ? { ...answer, applied: { generation: 0, multipliers: {}, deltas: {} } }
    : answer;
}

function frameOf(
  { served, mode, stale, ageSeconds }: Situation,
  reason: Reason,
  thresholds: Thresholds,
): ThresholdAnswer {
  return {
    thresholds,
    multipliers: NOTHING,
    deltas: NOTHING,
    generation: served?.generation ?? 0,
    mode,
    reason,
    entries: 'open',
    stale,
    age_seconds: ageSeconds,
    applied: NOT_MOVED,
  };
}

/** Returns the given thresholds; none where they are no object, or an object that throws when it is read. */
function copyOf(base: unknown): Thresholds {
  try {
    return isObject(base) ? ({ ...base } as Record<string, number>) : {};
  } catch {
    return {};
  }
}

/** @throws Error for an id that is no text */
function episodeOf(options: LookupOptions | undefined): string | undefined {
  const id: unknown = options?.episodeId;
  if (id === undefined || (typeof id === 'string' && id)) return id;
  throw new Error('the episode id is invalid');
}

function checkThresholds(base: unknown): void {
  if (!isObject(base)) throw new Error('the thresholds are no object');
  for (const name in base)
    if (!Number.isFinite(base[name])) throw new Error(`the threshold ${name} is no number`);
}

/** Returns every effect in force by the first name of its threshold. */
function effectsOf(
  levers: readonly SnapshotLever[],
  resolved: readonly ResolvedOverride[],
): Pick<ThresholdAnswer, 'multipliers' | 'deltas'> {
  const multipliers: Record<string, number> = {};
  const deltas: Record<string, number> = {};
  for (const { category, thresholds } of levers) {
    const override = resolved.find(({ action_category }) => action_category === category);
    const [name = category] = thresholds;
    if (override?.multiplier !== undefined) multipliers[name] = override.multiplier;
    if (override?.delta !== undefined) deltas[name] = override.delta;
  }
  return { multipliers, deltas };
}
