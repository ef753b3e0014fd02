import { Fault } from '../errors.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { Change, Generation, Head, Mode, Settings } from './head.ts';
import { NEW_HEAD } from './head.ts';
import type { GenerationStores } from './ports.ts';
import { renew } from './retention.ts';

/** A run may publish between our read and our write; so many times in a row it will not. */
const ATTEMPTS = 8;

/** Who asks for a change and why; both are kept in the audit. */
export interface Operator {
  readonly who: string;
  readonly why: string;
}

/** Sets what a pattern serves, from the moment this returns. @throws Fault `head_changed` when writers keep colliding */
export async function setMode(
  deps: GenerationStores,
  pattern: PatternKey,
  mode: Mode,
  operator: Operator,
): Promise<Head> {
  return change(deps, pattern, operator, 'mode', `mode ${mode}`, async head => ({ ...head, mode }));
}

/** Sets some settings of a pattern; the others stay. They count from the next run on. */
export async function setSettings(
  deps: GenerationStores,
  pattern: PatternKey,
  settings: Settings,
  operator: Operator,
): Promise<Head> {
  const said = Object.entries(settings).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return change(deps, pattern, operator, 'settings', said.join(', '), async head => ({
    ...head,
    settings: { ...head.settings, ...settings },
  }));
}

/**
 * Puts a past generation back in force. A live pattern is frozen with it: the next run would otherwise publish
 * what was just taken back. Mode `live` lets runs publish again.
 * @throws Fault `unknown_generation`
 */
export async function rollBack(
  deps: GenerationStores,
  pattern: PatternKey,
  number: number,
  operator: Operator,
): Promise<Head> {
  return change(deps, pattern, operator, 'rollback', `generation ${number}`, async head => {
    const past = await deps.heads.archived(pattern);
    const target = [head.current, ...past].find(g => g?.generation === number);
    if (!target) throw new Fault('unknown_generation', `generation ${number} of this pattern is not kept`);
    const current = await renewForRollback(deps, pattern, target);
    if (head.current && head.current.generation !== number) await deps.heads.archive(pattern, head.current);
    return { ...head, mode: head.mode === 'live' ? 'frozen' : head.mode, current };
  });
}

async function renewForRollback(
  deps: GenerationStores,
  pattern: PatternKey,
  generation: Generation,
): Promise<Generation> {
  const lessons = await renew(deps, deps.lessons, pattern, generation.lessons);
  const overrides = await renew(deps, deps.overrides, pattern, generation.overrides);
  return { ...generation, lessons, overrides };
}

type HeadContent = Omit<Head, 'version' | 'last_change'>;

/** The audit is written before the head: a change that nobody can account for cannot happen. */
async function change(
  deps: GenerationStores,
  pattern: PatternKey,
  operator: Operator,
  what: Change['what'],
  said: string,
  make: (head: HeadContent) => Promise<HeadContent>,
): Promise<Head> {
  await deps.heads.register([pattern]);
  const at = new Date(deps.now()).toISOString();
  const last_change: Change = { who: operator.who, at, what, why: `${said}: ${operator.why}` };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const head = (await deps.heads.head(pattern)) ?? NEW_HEAD;
    const next: Head = { ...(await make(head)), version: head.version + 1, last_change };
    if (attempt === 0) await deps.heads.audit(pattern, last_change);
    if (await deps.heads.replaceHead(pattern, next)) return next;
  }
  throw new Fault('head_changed', 'the pattern is being changed by others; try again');
}
