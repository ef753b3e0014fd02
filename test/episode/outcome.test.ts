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

const initial = (outcome: OutcomeRevision['outcome'], resolvedAt: number): OutcomeRevision => ({
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

describe('names of outcomes', () => {
  it.each([
    ['success', 'success'],
    ['failure', 'failure'],
    ['neutral', 'neutral'],
    ['missed', 'success'],
    ['correct_skip', 'failure'],
  ])('The outcome %s is read as %s', (name, outcome) => {
    expect(outcomeSchema.parse(name)).toBe(outcome);
  });

  it.each(['won', '', 'SUCCESS', '__proto__', 'toString', null, 1])('The outcome %j is invalid', name => {
    expect(outcomeSchema.safeParse(name).success).toBe(false);
  });
});

describe('a further report', () => {
  const known = [initial('failure', 100)];
  it.each<[string, OutcomeHistory, OutcomeRevision, string, string]>([
    ['the initial outcome', [], initial('failure', 100), 'resolved', 'f100'],
    ['the same outcome again', known, initial('failure', 100), 'unchanged', 'f100'],
    [
      'the same outcome at another time, which keeps the first time',
      known,
      initial('failure', 50),
      'unchanged',
      'f100',
    ],
    ['another outcome', known, initial('success', 200), 'outcome_conflict', 'f100'],
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
      'a correction with an earlier time than the initial outcome',
      known,
      correction('success', 50),
      'resolved',
      'f100,+s50',
    ],
    [
      'an initial outcome after a correction',
      [correction('success', 200)],
      initial('failure', 100),
      'resolved',
      'f100,+s200',
    ],
  ])('A report is merged into the history: %s', (_, history, revision, result, text) => {
    const merge = mergeOutcome(history, revision);
    expect([merge.result, formatHistory(merge.history)]).toEqual([result, text]);
  });

  it(`An episode accepts ${MAX_CORRECTIONS} corrections, and one more is rejected as too_many_corrections`, () => {
    const corrections = Array.from({ length: MAX_CORRECTIONS }, (_, i) => correction('success', i));
    const full = historyOf([initial('failure', 0), ...corrections]);
    expect(full).toHaveLength(MAX_CORRECTIONS + 1);
    expect(mergeOutcome(full, correction('neutral', 99))).toEqual({
      result: 'too_many_corrections',
      history: full,
    });
    expect(mergeOutcome(historyOf(corrections), initial('failure', 0)).result).toBe('resolved');
    expect(mergeOutcome(full, correction('success', 3)).result).toBe('unchanged');
    expect(mergeOutcome(full, initial('failure', 0)).result).toBe('unchanged');
  });
});

describe('the outcome as of a moment', () => {
  const history = historyOf([
    initial('failure', 100),
    correction('success', 200),
    correction('neutral', 300),
  ]);
  it.each([
    [99, undefined],
    [100, 'failure'],
    [199, 'failure'],
    [200, 'success'],
    [299, 'success'],
    [300, 'neutral'],
    [Infinity, 'neutral'],
  ])('The outcome as of %d is %s', (moment, outcome) => {
    expect(outcomeAsOf(history, moment)).toBe(outcome);
  });

  it('A correction replaces the initial outcome even if its own time is earlier', () => {
    const corrected = historyOf([initial('failure', 100), correction('success', 50)]);
    expect([49, 50, 99, 100].map(at => outcomeAsOf(corrected, at))).toEqual([
      undefined,
      'success',
      'success',
      'success',
    ]);
  });

  it('An empty history of outcomes has no outcome at any moment', () => {
    expect(outcomeAsOf([], Infinity)).toBeUndefined();
  });
});

const outcome = fc.constantFrom('success' as const, 'failure' as const, 'neutral' as const);
const time = fc.integer({ min: 0, max: 20 });
const reports = fc.record({
  first: fc.option(fc.record({ outcome, resolvedAt: time, correction: fc.constant(false) }), {
    nil: undefined,
  }),
  corrections: fc.array(fc.record({ outcome, resolvedAt: time, correction: fc.constant(true) }), {
    maxLength: 8,
  }),
});

describe('a history is a set', () => {
  it('[R5] An initial outcome, corrections and repeats give the same stored history in any order of arrival', () => {
    fc.assert(
      fc.property(reports, fc.infiniteStream(fc.nat()), (all, numbers) => {
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

  it('The correction with the latest time is in force, whatever the order of arrival', () => {
    fc.assert(
      fc.property(reports, all => {
        fc.pre(all.corrections.length > 0);
        const last = Math.max(...all.corrections.map(c => c.resolvedAt));
        const latest = all.corrections.filter(c => c.resolvedAt === last).map(c => c.outcome);
        const history = historyOf([...all.corrections, ...(all.first ? [all.first] : [])]);
        expect(latest).toContain(outcomeAsOf(history, Infinity));
      }),
    );
  });

  it('Parsing a formatted history of outcomes returns the same history', () => {
    fc.assert(
      fc.property(reports, all => {
        const history = historyOf([...(all.first ? [all.first] : []), ...all.corrections]);
        fc.pre(history.length > 0);
        expect(parseHistory(formatHistory(history))).toEqual(history);
      }),
    );
  });
});

describe('a stored history', () => {
  it.each([
    '',
    'x100',
    '+100',
    '++s100',
    's100,',
    ',s100',
    's1.5',
    's100x',
    's100,q',
    'sNaN',
    's',
    '+s',
    's1e3',
    's 5',
    's0x10',
    's100,s200',
    '+s200,f100',
    's-5',
    'v1:s100',
    'v0:s100',
    'v:s100',
    'v2s100',
  ])('The stored history %j is rejected as damaged_event', text => {
    const fault = faultOf(() => parseHistory(text));
    expect([fault.code, fault.message]).toEqual([
      'damaged_event',
      expect.not.stringMatching('newer version'),
    ]);
  });

  it('Format 1 of a stored history is written as version 0.1.0 wrote it', () => {
    const text = 'f1737331200000,+s1737417600000,+n1737504000000';
    expect(formatHistory(parseHistory(text))).toBe(text);
    expect(formatHistory([initial('success', 0)])).toBe('s0');
  });

  it.each([
    ['v3:s100', 3],
    ['v17:', 17],
    ['v3:{"outcome":"success"}', 3],
  ])('The stored history %j is rejected with the advice to update the service', (text, version) => {
    const fault = faultOf(() => parseHistory(text));
    expect([fault.code, fault.message]).toEqual([
      'damaged_event',
      `a stored outcome was written by a newer version of this service (format ${version}; this version reads up to 2); update the service`,
    ]);
  });
});
