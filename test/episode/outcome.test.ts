import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutcomeHistory, OutcomeRevision } from '../../shared/episode/outcome.ts';
import {
  formatHistory,
  MAX_CORRECTIONS,
  mergeOutcome,
  outcomeAsOf,
  outcomeSchema,
  parseHistory,
} from '../../shared/episode/outcome.ts';
import { faultOf } from '../support/fault-of.ts';

const first = (outcome: OutcomeRevision['outcome'], resolvedAt: number): OutcomeRevision => ({
  outcome,
  resolvedAt,
  correction: false,
});
const correction = (outcome: OutcomeRevision['outcome'], resolvedAt: number): OutcomeRevision => ({
  outcome,
  resolvedAt,
  correction: true,
});
const historyOf = (revisions: readonly OutcomeRevision[]): OutcomeHistory =>
  revisions.reduce<OutcomeHistory>((history, revision) => mergeOutcome(history, revision).history, []);

describe('names', () => {
  it.each([
    ['success', 'success'],
    ['failure', 'failure'],
    ['neutral', 'neutral'],
    ['missed', 'success'],
    ['correct_skip', 'failure'],
  ])('%s is read as %s', (name, outcome) => {
    expect(outcomeSchema.parse(name)).toBe(outcome);
  });

  it.each(['won', '', 'SUCCESS', '__proto__', 'toString', null, 1])('%j is no outcome', name => {
    expect(outcomeSchema.safeParse(name).success).toBe(false);
  });
});

describe('what a second word means', () => {
  const known = [first('failure', 100)];
  it.each<[string, OutcomeHistory, OutcomeRevision, string, string]>([
    ['the first word', [], first('failure', 100), 'resolved', 'f100'],
    ['the same again', known, first('failure', 100), 'unchanged', 'f100'],
    ['the same at another time: the first stays', known, first('failure', 50), 'unchanged', 'f100'],
    ['another one', known, first('success', 200), 'outcome_conflict', 'f100'],
    ['a correction', known, correction('success', 200), 'resolved', 'f100,+s200'],
    [
      'the same correction again',
      [...known, correction('success', 200)],
      correction('success', 200),
      'unchanged',
      'f100,+s200',
    ],
    [
      'an earlier correction',
      [...known, correction('success', 200)],
      correction('neutral', 150),
      'unchanged',
      'f100,+n150,+s200',
    ],
    [
      'a later correction',
      [...known, correction('success', 200)],
      correction('failure', 300),
      'resolved',
      'f100,+s200,+f300',
    ],
    [
      'a correction of an earlier time than the first word',
      known,
      correction('success', 50),
      'resolved',
      'f100,+s50',
    ],
    [
      'a first word after a correction',
      [correction('success', 200)],
      first('failure', 100),
      'resolved',
      'f100,+s200',
    ],
  ])('%s', (_, history, revision, result, text) => {
    const merge = mergeOutcome(history, revision);
    expect([merge.result, formatHistory(merge.history)]).toEqual([result, text]);
  });

  it(`${MAX_CORRECTIONS} corrections are taken, one more is too_many_corrections`, () => {
    const corrections = Array.from({ length: MAX_CORRECTIONS }, (_, i) => correction('success', i));
    const full = historyOf([first('failure', 0), ...corrections]);
    expect(full).toHaveLength(MAX_CORRECTIONS + 1);
    expect(mergeOutcome(full, correction('neutral', 99))).toEqual({
      result: 'too_many_corrections',
      history: full,
    });
    expect(mergeOutcome(historyOf(corrections), first('failure', 0)).result).toBe('resolved');
    expect(mergeOutcome(full, correction('success', 3)).result).toBe('unchanged');
    expect(mergeOutcome(full, first('failure', 0)).result).toBe('unchanged');
  });
});

describe('the outcome as of a moment', () => {
  const history = historyOf([first('failure', 100), correction('success', 200), correction('neutral', 300)]);
  it.each([
    [99, undefined],
    [100, 'failure'],
    [199, 'failure'],
    [200, 'success'],
    [299, 'success'],
    [300, 'neutral'],
    [Infinity, 'neutral'],
  ])('at %d it is %s', (moment, outcome) => {
    expect(outcomeAsOf(history, moment)).toBe(outcome);
  });

  it('a correction is in force even when its time lies before that of the first word', () => {
    const odd = historyOf([first('failure', 100), correction('success', 50)]);
    expect([49, 50, 99, 100].map(at => outcomeAsOf(odd, at))).toEqual([
      undefined,
      'success',
      'success',
      'success',
    ]);
  });

  it('of nothing is none', () => {
    expect(outcomeAsOf([], Infinity)).toBeUndefined();
  });
});

const outcome = fc.constantFrom('success' as const, 'failure' as const, 'neutral' as const);
const time = fc.integer({ min: 0, max: 20 });
const said = fc.record({
  first: fc.option(fc.record({ outcome, resolvedAt: time, correction: fc.constant(false) }), {
    nil: undefined,
  }),
  corrections: fc.array(fc.record({ outcome, resolvedAt: time, correction: fc.constant(true) }), {
    maxLength: 8,
  }),
});

describe('a history is a set', () => {
  it('[P5] any order of arrival of a first word, corrections and repeats gives the same text', () => {
    fc.assert(
      fc.property(said, fc.infiniteStream(fc.nat()), (all, numbers) => {
        const revisions = [...(all.first ? [all.first] : []), ...all.corrections];
        const repeated = [...revisions, ...revisions];
        const shuffled = repeated
          .map(revision => ({ revision, rank: numbers.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(r => r.revision);
        expect(formatHistory(historyOf(shuffled))).toBe(formatHistory(historyOf(revisions)));
      }),
    );
  });

  it('the last correction by its own time is in force, whatever the order of arrival', () => {
    fc.assert(
      fc.property(said, all => {
        fc.pre(all.corrections.length > 0);
        const last = Math.max(...all.corrections.map(c => c.resolvedAt));
        const latest = all.corrections.filter(c => c.resolvedAt === last).map(c => c.outcome);
        const history = historyOf([...all.corrections, ...(all.first ? [all.first] : [])]);
        expect(latest).toContain(outcomeAsOf(history, Infinity));
      }),
    );
  });

  it('its text is read back to itself', () => {
    fc.assert(
      fc.property(said, all => {
        const history = historyOf([...(all.first ? [all.first] : []), ...all.corrections]);
        fc.pre(history.length > 0);
        expect(parseHistory(formatHistory(history))).toEqual(history);
      }),
    );
  });
});

describe('a stored text that is none of ours is damaged_event', () => {
  it.each(['', 'x100', '+100', '++s100', 's100,', ',s100', 's1.5', 's100x', 's100,q', 'sNaN'])('%j', text => {
    expect(faultOf(() => parseHistory(text)).code).toBe('damaged_event');
  });
});
