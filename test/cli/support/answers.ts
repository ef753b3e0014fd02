/** Responses of the API that several tests of commands use. */

export const PATTERN = 'pm.uptrend.S1.entry';
export const HASH = '44136fa355b3678a1146ad16f7e8649e';
export const TIME = '2025-01-20T00:00:00.000Z';
export const CHANGE = { who: 'local', at: TIME, what: 'mode', why: 'outage' };

export const cycleRecord = (status: string) => ({
  cycle_id: 'c1',
  status,
  as_of: TIME,
  started_at: TIME,
  patterns_total: 1,
  patterns_failed: 0,
  patterns: [
    {
      pattern_key: PATTERN,
      status: 'too_few_events',
      events_read: 32,
      lessons: 0,
      overrides: 0,
      generation: 0,
      published: false,
      reason: '32 of 33 in bucket=nano',
    },
  ],
});

/** The status of a service without events. */
export const STATUS = {
  healthy: true,
  reasons: [],
  mode: 'live',
  retired: 0,
  caller: { name: 'local' },
  now: '2025-01-20T00:00:00Z',
  events: { total: 0, with_outcome: 0, pending: 0 },
  parked_outcomes: 0,
  conflicts: { events: 0, outcomes: 0 },
  warnings: [],
  last_cycle: null,
  patterns: [],
};
/** The payoff of lists of lessons, and the success rate at which it breaks even. */
export const JUDGED = { payoff: { win: 2, loss: 1 }, break_even: 1 / 3 };
