import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Candidate, Hold } from './candidate.ts';
import { promoted, withCandidate, withoutCandidate } from './change-candidate.ts';
import type { Change, Generation } from './generation.ts';
import { findGeneration } from './generation.ts';
import type { Head, Mode, Settings } from './head.ts';
import { NEW_HEAD, settingsSchema } from './head.ts';
import { requireKnownPattern } from './known-pattern.ts';
import type { GenerationStores } from './ports.ts';
import { renew } from './retention.ts';
import { withMode } from './retired.ts';
import { withServed } from './served.ts';

/** Attempts at the conditional write of a head, which fails when a run or an operator writes it in between. */
const ATTEMPTS = 8;

/** Who requests a change and why; the audit keeps both. */
interface Operator {
  readonly who: string;
  readonly why: string;
}

type HeadDeps = Pick<GenerationStores, 'heads' | 'changes' | 'now'>;

/**
 * Sets the mode of a pattern. Look-ups use it as soon as the promise resolves.
 * @throws Fault `unknown_pattern`, `head_changed` when other writers keep changing the head
 */
export async function setMode(
  deps: HeadDeps,
  pattern: PatternKey,
  mode: Mode,
  operator: Operator,
): Promise<Head> {
  return change(deps, pattern, operator, 'mode', `mode ${mode}`, async head =>
    withMode(head, mode, mode === 'retired' ? (await deps.heads.counts(pattern)).total : 0),
  );
}

/**
 * Stores the mode that an event brought back to a retired pattern; reads give it already.
 * @throws Fault `unknown_pattern`, `head_changed`
 */
export async function keepModeBack(deps: HeadDeps, pattern: PatternKey, operator: Operator): Promise<void> {
  const mode = (await deps.heads.head(pattern))?.mode ?? 'live';
  await change(deps, pattern, operator, 'mode', `mode ${mode} is back`, async head => head);
}

/** Changes of settings. `null` gives a setting back to the stage. */
type SettingsChange = { readonly [Name in keyof Settings]: Settings[Name] | null };

/**
 * Changes the given settings of a pattern and leaves the others. Runs use them from the next one on.
 * @throws Fault `unknown_pattern`, `head_changed`
 */
export async function setSettings(
  deps: HeadDeps,
  pattern: PatternKey,
  settings: SettingsChange,
  operator: Operator,
): Promise<Head> {
  const summary = Object.entries(settings).map(([name, value]) =>
    value === null ? `${name} back to the stage` : `${name} ${JSON.stringify(value)}`,
  );
  return change(deps, pattern, operator, 'settings', summary.join(', '), async head => ({
    ...head,
    settings: withChanges(head.settings, settings),
  }));
}

function withChanges(settings: Settings, changes: SettingsChange): Settings {
  const changed = Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== null);
  return settingsSchema.parse(Object.fromEntries(changed));
}

/**
 * Puts a past generation back in force. A live pattern becomes frozen, because the next run would otherwise publish
 * the rolled-back result again. Mode `live` lets runs publish again. A candidate ends, and is not tried again for a while.
 * @throws Fault `unknown_pattern`, `unknown_generation`, `head_changed`
 */
export async function rollBack(
  deps: GenerationStores,
  pattern: PatternKey,
  number: number,
  operator: Operator,
): Promise<Head> {
  return change(deps, pattern, operator, 'rollback', `generation ${number}`, async head => {
    const past = await deps.heads.archived(pattern);
    const target = findGeneration(head.current ? [head.current, ...past] : past, number);
    const current = await renewForRollback(deps, pattern, target);
    if (head.current && head.current.generation !== number) await deps.heads.archive(pattern, head.current);
    const others = withoutCandidate(head, deps.now());
    return { ...others, mode: head.mode === 'live' ? 'frozen' : head.mode, current };
  });
}

/** The name of each order of an operator in the list of changes. */
const BECAME = { promote: 'promoted', hold: 'held', end: 'ended' } as const;
type RolloutOrder = keyof typeof BECAME;

/**
 * Steers the rollout of a pattern: puts its candidate in force, holds it at its share until another order, or ends it. Harm
 * rolls back a candidate that is held, too.
 * @throws Fault `unknown_pattern`, `no_rollout` without a candidate, `head_changed`
 */
export async function steerRollout(
  deps: HeadDeps,
  pattern: PatternKey,
  order: RolloutOrder,
  operator: Operator,
): Promise<Head> {
  const candidate = await requireCandidate(deps, pattern);
  const { generation } = candidate.generation;
  const summary = `${BECAME[order]} generation ${generation}`;
  const fields = { rollout: BECAME[order], generation };
  return change(
    deps,
    pattern,
    operator,
    'rollout',
    summary,
    async head => {
      // A run may have decided meanwhile.
      if (head.candidate?.generation.generation !== generation) throw noRollout(pattern);
      const now = deps.now();
      if (order === 'end') return withoutCandidate(head, now);
      if (order === 'promote') {
        if (head.current) await deps.heads.archive(pattern, head.current);
        return promoted(head, now);
      }
      const held: Hold = { code: 'operator', text: operator.why, at: new Date(now).toISOString() };
      return withCandidate(head, { held }, now);
    },
    fields,
  );
}

/** @throws Fault `unknown_pattern`, `no_rollout` */
async function requireCandidate({ heads }: HeadDeps, pattern: PatternKey): Promise<Candidate> {
  await requireKnownPattern(heads, pattern);
  const candidate = (await heads.head(pattern))?.candidate;
  if (!candidate) throw noRollout(pattern);
  return candidate;
}

function noRollout(pattern: PatternKey): Fault {
  return new Fault(
    'no_rollout',
    `no rollout of ${pattern} runs: under the setting rollout guarded, the next run with a new result starts one`,
  );
}

/** @throws Fault `unknown_generation` when rows of it are missing or differ */
async function renewForRollback(
  deps: GenerationStores,
  pattern: PatternKey,
  generation: Generation,
): Promise<Generation> {
  const isIntact =
    (await deps.lessons.isIntact(pattern, generation.lessons)) &&
    (await deps.overrides.isIntact(pattern, generation.overrides)) &&
    (!generation.score || (await deps.scores.isIntact(pattern, generation.score)));
  if (!isIntact)
    throw new Fault(
      'unknown_generation',
      `rows of generation ${generation.generation} are missing or differ: list the generations and choose another`,
    );
  const lessons = await renew(deps, deps.lessons, pattern, generation.lessons);
  const overrides = await renew(deps, deps.overrides, pattern, generation.overrides);
  const score = generation.score && (await renew(deps, deps.scores, pattern, generation.score));
  return { ...generation, lessons, overrides, ...(score && { score }) };
}

type HeadContent = Omit<Head, 'version' | 'last_change'>;

/**
 * Writes the audit before the head, so that no change can happen without an entry in the audit.
 * @throws Fault `unknown_pattern`, `head_changed`
 */
async function change(
  { heads, changes, now }: HeadDeps,
  pattern: PatternKey,
  { who, why }: Operator,
  what: Change['what'],
  summary: string,
  update: (head: HeadContent) => Promise<HeadContent>,
  fields: Pick<Change, 'rollout' | 'generation'> = {},
): Promise<Head> {
  await requireKnownPattern(heads, pattern);
  const at = new Date(now()).toISOString();
  let last_change: Change = { who, at, what, ...fields, why: `${summary}: ${why}` };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = (await heads.head(pattern)) ?? NEW_HEAD;
    const updated = await update(head);
    // The audit is written before the first attempt and stays as it is.
    if (attempt === 0) last_change = withEnd(last_change, head, updated);
    const changed: Head = { ...updated, version: head.version + 1, last_change };
    const next = withServed(head.version === 0 ? undefined : (head as Head), changed, now());
    if (attempt === 0) await changes.audit(pattern, last_change);
    if (await heads.replaceHead(pattern, next)) return next;
  }
  throw new Fault('head_changed', 'other writers changed the pattern at the same time: try again');
}

/** Names the candidate that a change ends beside what it is for. An order on the rollout names it in front. */
function withEnd(change: Change, { candidate }: HeadContent, after: HeadContent): Change {
  if (!candidate || after.candidate || change.what === 'rollout') return change;
  return {
    ...change,
    why: `${change.why}; the rollout of generation ${candidate.generation.generation} ends`,
  };
}
