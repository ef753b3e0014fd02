import type { Generation } from '../generation/generation.ts';
import type { Head } from '../generation/head.ts';
import type { GenerationStores } from '../generation/ports.ts';
import { renewIfDue } from '../generation/retention.ts';
import { shortHash } from '../hash.ts';
import { DEFAULT_RESOLUTION } from '../override/override.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { CycleRun, MinedPattern, PatternRun } from './cycle.ts';

const YIELDED = 'another run or an operator changed the pattern meanwhile';

/**
 * Compares a mined result with the head of its pattern and, if it is new, puts it in force with one conditional write.
 * Both row sets must be stored before. A crash in between leaves rows that nothing points to; they expire.
 * @param head the head as read just before; the pattern yields if the result was computed against another version
 */
export async function publishPattern(
  stores: GenerationStores,
  pattern: PatternKey,
  cycle: CycleRun,
  mined: MinedPattern,
  head: Head | undefined,
): Promise<PatternRun> {
  const current = head?.current;
  const inForce = current?.generation ?? 0;
  const entry = runEntry(pattern, mined, inForce);
  const summary = [mined.shortfall, mined.note].filter(text => text !== undefined).join('; ') || undefined;
  const isEmpty = mined.lessons.rows === 0;
  // This call is a retry after a lost response: the cycle has already published.
  if (current?.cycle_id === cycle.cycle_id && sameContent(current, mined))
    return { ...entry(isEmpty ? 'too_few_events' : 'published', inForce, summary), published: true };
  if ((head?.version ?? 0) !== mined.head_version) return entry('yielded', inForce, YIELDED);
  if (head?.mode === 'frozen') {
    if (current) await saveRenewal(stores, pattern, head, await renewIfDue(stores, pattern, current));
    return entry('frozen', inForce, `an operator froze the pattern: ${head.last_change.why}`);
  }
  if (current ? sameContent(current, mined) : isEmpty) {
    // The step before has renewed the row sets that were due.
    if (head && current) await saveRenewal(stores, pattern, head, withSets(current, mined));
    return entry(isEmpty ? 'too_few_events' : 'unchanged', inForce, summary);
  }
  const generation = newGeneration(stores, cycle, mined, (head?.latest ?? 0) + 1);
  if (!(await putInForce(stores, pattern, head, generation))) return entry('yielded', inForce, YIELDED);
  return entry(isEmpty ? 'too_few_events' : 'published', generation.generation, summary);
}

/** Returns a function that makes the pattern's entry in the record of the run. */
function runEntry(pattern: PatternKey, mined: MinedPattern, inForce: number) {
  return (status: PatternRun['status'], generation: number, reason?: string): PatternRun => ({
    pattern_key: pattern,
    status,
    events_read: mined.events_read,
    lessons: mined.lessons.rows,
    overrides: mined.overrides.rows,
    generation,
    published: generation !== inForce,
    ...(reason && { reason }),
    ...(mined.cut && { cut: mined.cut }),
    ...(mined.evidence.length > 0 && { evidence: mined.evidence }),
  });
}

/**
 * Archives the generation in force and writes the new head.
 * @returns false when another writer changed the head first
 */
async function putInForce(
  { heads, now }: Pick<GenerationStores, 'heads' | 'now'>,
  pattern: PatternKey,
  head: Head | undefined,
  generation: Generation,
): Promise<boolean> {
  if (head?.current) await heads.archive(pattern, head.current);
  if (await heads.replaceHead(pattern, nextHead(head, generation, now()))) return true;
  // The condition also fails when the write was applied, its response was lost and the client retried.
  return (await heads.head(pattern))?.current?.cycle_id === generation.cycle_id;
}

/** Returns the generation with the mined sets; the same object when no set was renewed. */
function withSets(current: Generation, { lessons, overrides }: MinedPattern): Generation {
  const same =
    lessons.kept_until === current.lessons.kept_until &&
    overrides.kept_until === current.overrides.kept_until;
  return same ? current : { ...current, lessons, overrides };
}

function sameContent(current: Generation, mined: MinedPattern): boolean {
  return (
    current.lessons.id === mined.lessons.id &&
    current.overrides.id === mined.overrides.id &&
    current.policy === mined.policy &&
    (current.entries ?? 'open') === mined.entries &&
    // Drift does not read payoffs.
    (mined.policy === 'drift' ||
      (current.payoff?.win === mined.payoff.win && current.payoff.loss === mined.payoff.loss))
  );
}

function newGeneration(
  { now }: Pick<GenerationStores, 'now'>,
  cycle: CycleRun,
  mined: MinedPattern,
  generation: number,
): Generation {
  return {
    generation,
    hash: shortHash(`${mined.lessons.id} ${mined.overrides.id}`),
    cycle_id: cycle.cycle_id,
    as_of: cycle.as_of,
    lookback_days: mined.lookback_days,
    n_min: mined.n_min,
    policy: mined.policy,
    payoff: mined.payoff,
    resolution: DEFAULT_RESOLUTION[mined.policy],
    events_read: mined.events_read,
    lessons: mined.lessons,
    overrides: mined.overrides,
    published_at: new Date(now()).toISOString(),
    entries: mined.entries,
    ...(mined.entries_reason !== undefined && { entries_reason: mined.entries_reason }),
    ...(mined.cut && { cut: mined.cut }),
    ...(mined.note && { note: mined.note }),
    ...(mined.evidence.length > 0 && { evidence: mined.evidence }),
  };
}

function nextHead(head: Head | undefined, current: Generation, now: number): Head {
  return {
    version: (head?.version ?? 0) + 1,
    mode: head?.mode ?? 'live',
    settings: head?.settings ?? {},
    latest: current.generation,
    current,
    last_change: {
      who: 'cycle',
      at: new Date(now).toISOString(),
      what: 'publish',
      why: `cycle ${current.cycle_id}`,
    },
  };
}

/**
 * Writes new expiry dates into the head of a generation that stays in force. A failed condition needs no retry: the
 * rows already live longer than the head states, and a later run renews them again when they are due by its dates.
 */
async function saveRenewal(
  { heads }: Pick<GenerationStores, 'heads'>,
  pattern: PatternKey,
  head: Head,
  renewed: Generation,
): Promise<void> {
  if (renewed !== head.current)
    await heads.replaceHead(pattern, { ...head, version: head.version + 1, current: renewed });
}
