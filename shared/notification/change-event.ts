import { GUARD_CALLER } from '../cycle/guard/withdraw.ts';
import type { PatternChange } from '../generation/generation.ts';
import { shortHash } from '../hash.ts';
import type { EventType, NotificationEvent } from './notification-event.ts';
import { eventId } from './notification-event.ts';
import { MAX_SENTENCE, MAX_WHY, oneLine } from './one-line.ts';

/** Returns a name for a change, which has none of its own in the list: a hash of its members. */
export function changeIdentity(change: PatternChange): string {
  const { at, who, what, why, pattern_key, generation, rollout, writer } = change;
  return shortHash(JSON.stringify([at, who, what, why, pattern_key, generation, rollout, writer])).slice(
    0,
    16,
  );
}

/** Returns the event of a change. @param type its kind, of `changeType` */
export function changeEvent(change: PatternChange, type: EventType): NotificationEvent {
  const { pattern_key, at, who, generation } = change;
  const isSaid = change.what === 'rollout' || isOfGuard(change);
  const why = oneLine(isSaid ? change.why.replace(REPEATED, '') : change.why, MAX_WHY);
  const subject = pattern_key ?? 'the whole service';
  return {
    id: eventId(type, pattern_key, changeIdentity(change)),
    type,
    timestamp: at,
    ...(pattern_key !== undefined && { pattern_key }),
    sentence: oneLine(`${sentenceOf(type, subject, change)}: ${why}`, MAX_SENTENCE),
    ...(generation !== undefined && { number: generation }),
    count: 1,
    who: oneLine(who, MAX_WHY),
    why,
  };
}

/** Text in front of a reason that the sentence of the event has already. */
const REPEATED = /^(mode off|(promoted|rolled back|held|ended) generation \d+): /;

const isOfGuard = ({ who }: PatternChange): boolean => who === GUARD_CALLER;

/** A further step, and the end of a pause, are in the list of changes and become no event. */
const ROLLOUT_TYPES = {
  started: 'rollout.started',
  stepped: undefined,
  resumed: undefined,
  promoted: 'rollout.promoted',
  rolled_back: 'rollout.rolled_back',
  held: 'rollout.held',
  ended: 'rollout.rolled_back',
} as const satisfies Readonly<Record<NonNullable<PatternChange['rollout']>, EventType | undefined>>;

/** Returns the kind of the event of a change; undefined for a change that becomes no event. */
export function changeType(change: PatternChange): EventType | undefined {
  const { what, rollout } = change;
  switch (what) {
    case 'publish':
      return 'generation.published';
    case 'mode':
      return isOfGuard(change) ? 'guard.harmful' : 'mode.changed';
    case 'settings':
      return 'settings.changed';
    case 'rollback':
      return 'rollback.done';
    case 'rollout':
      return rollout && ROLLOUT_TYPES[rollout];
    case 'writer':
      return undefined;
  }
}

function sentenceOf(type: EventType, subject: string, { who, generation, rollout }: PatternChange): string {
  switch (type) {
    case 'generation.published':
      return `${subject}: generation ${generation ?? '?'} was published by ${who}`;
    case 'guard.harmful':
      return `${subject} was turned off by the guard`;
    case 'settings.changed':
      return `settings of ${subject} were changed by ${who}`;
    case 'rollback.done':
      return `${subject} was rolled back by ${who}`;
    case 'mode.changed':
      return `the mode of ${subject} was changed by ${who}`;
    default: {
      const number = generation === undefined ? 'a generation' : `generation ${generation}`;
      return `the rollout of ${number} of ${subject} was ${rollout === 'rolled_back' ? 'rolled back' : rollout} by ${who}`;
    }
  }
}
