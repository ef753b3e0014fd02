import type { HeadAnswer } from '../../shared/http/schemas/patterns.ts';
import { call, ofPattern } from './service.ts';
import type { Session, Steering } from './session.ts';

const MEANING: Readonly<Record<string, string>> = {
  live: 'live: look-ups answer the overrides, runs publish',
  shadow: 'shadow: look-ups answer neutral, runs compute and record',
  frozen: 'frozen: look-ups answer the overrides of now, runs publish nothing',
  off: 'off: look-ups answer neutral at once, runs go on learning',
  retired: 'retired: no runs, neutral look-ups, until its next event',
};

export const MODES = Object.keys(MEANING);

const meaningOf = (mode: string): string => MEANING[mode] ?? mode;

/** Interaction 1: another mode for one pattern. */
export function switchMode(session: Session, pattern: string, before: string, after: string): Steering {
  return {
    title: after === 'off' ? `Switch ${pattern} off` : `${pattern}: mode ${after}`,
    before: meaningOf(before),
    after: meaningOf(after),
    button: after === 'off' ? 'Switch off' : `Set ${after}`,
    run: async reason => {
      await call<HeadAnswer>('PUT', ofPattern(pattern, 'mode'), { mode: after, reason });
      session.status.reload();
      return `${pattern} is ${after}. The next look-up already answers so.`;
    },
  };
}

/** Interaction 1: the switch for everything. */
export function switchEverything(session: Session, before: string, after: 'live' | 'off'): Steering {
  return {
    title: after === 'off' ? 'Switch everything off' : 'Switch everything on',
    before:
      before === 'off' ? 'off: every look-up answers neutral' : 'live: each pattern answers by its own mode',
    after:
      after === 'off'
        ? 'off: every look-up answers neutral at once'
        : 'live: each pattern answers by its own mode',
    button: after === 'off' ? 'Switch everything off' : 'Switch on',
    run: async reason => {
      await call('PUT', '/v1/mode', { mode: after, reason });
      session.status.reload();
      return after === 'off'
        ? 'Everything is off. Every look-up answers neutral.'
        : 'The service is live again.';
    },
  };
}

/** Interaction 4: another generation in force. */
export function rollBack(
  session: Session,
  pattern: string,
  [from, to]: readonly [number, number],
  detail: Steering['detail'],
  done: () => void,
): Steering {
  return {
    title: `${pattern}: back to generation ${to}`,
    before: `generation ${from} in force`,
    after: `generation ${to} in force; a live pattern becomes frozen, so that the next run does not undo it`,
    detail,
    button: `Roll back to ${to}`,
    run: async reason => {
      await call<HeadAnswer>('POST', ofPattern(pattern, 'rollback'), { generation: to, reason });
      session.status.reload();
      done();
      return `Generation ${to} of ${pattern} is in force.`;
    },
  };
}

const AFTER = {
  promote: ['Promote', 'is in force for all episodes'],
  hold: ['Hold', 'keeps its share until it is promoted or ended; harm still rolls it back'],
  end: ['End', 'is gone; its content is not tried again for 14 days'],
} as const;

/** Interaction 7: the candidate is promoted, held or ended. */
export function steerRollout(
  session: Session,
  pattern: string,
  { generation, share }: { readonly generation: number; readonly share: number },
  action: keyof typeof AFTER,
  done: () => void,
): Steering {
  const [word, after] = AFTER[action];
  return {
    title: `${pattern}: ${action} generation ${generation}`,
    before: `generation ${generation} is tried on ${share * 100} % of the episodes`,
    after: `generation ${generation} ${after}`,
    button: word,
    run: async reason => {
      const head = await call<HeadAnswer>('POST', ofPattern(pattern, 'rollout'), { action, reason });
      session.status.reload();
      done();
      return `${word}: ${pattern} serves generation ${head.generation}.`;
    },
  };
}

/** Other settings of one pattern. */
export function changeSettings(
  session: Session,
  pattern: string,
  changes: Readonly<Record<string, unknown>>,
  [before, after]: readonly [string, string],
  done: () => void,
): Steering {
  return {
    title: `${pattern}: settings`,
    before,
    after: `${after}, from the next run on`,
    button: 'Change',
    run: async reason => {
      await call('PUT', ofPattern(pattern, 'settings'), { ...changes, reason });
      session.status.reload();
      done();
      return `The next run of ${pattern} uses ${after}.`;
    },
  };
}
