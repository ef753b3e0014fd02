import { open } from '../../client/node/open.ts';

/** The event of one opportunity of the demo's bot, as `POST /v1/events` takes it. */
export interface BotEvent {
  readonly pattern_key: string;
  readonly episode_id: string;
  readonly decision: 'acted' | 'skipped';
  readonly scope: Readonly<Record<string, string>>;
  readonly timestamp: string;
  readonly factors: Readonly<Record<string, unknown>>;
}

/** The outcome of an opportunity, as `POST /v1/outcomes` takes it. */
export interface BotOutcome {
  readonly pattern_key: string;
  readonly episode_id: string;
  readonly outcome: 'success' | 'failure';
  readonly resolved_at: string;
  /** In R, net of costs. */
  readonly return: number;
}

type Thresholds = Readonly<Record<string, number>>;

/** Thresholds to decide with, and what moved them, which the bot logs as `factors.applied`. */
interface TunedThresholds {
  readonly thresholds: Thresholds;
  readonly applied: unknown;
}

/** Everything that a trading bot asks of the service. The simulated PM of the demo uses nothing else. */
export interface Bot {
  lookUp(
    pattern: string,
    scope: Readonly<Record<string, string>>,
    base: Thresholds,
  ): Promise<TunedThresholds>;
  record(events: readonly BotEvent[]): Promise<void>;
  resolve(outcomes: readonly BotOutcome[]): Promise<void>;
}

/** Longest wait for a delivery, milliseconds. */
const DELIVERY_MS = 60_000;

/**
 * Returns a bot that uses the client: look-ups in its own process, events and outcomes through the spool.
 * @param url address of the service, such as http://127.0.0.1:8787
 * @param folder for the snapshots and the spool
 */
export function clientBot(url: string, folder: string): Bot & { close(): Promise<void> } {
  const client = open({ url, folder });
  // The demo's days pass faster than polls, so the bot polls when something may have changed.
  let isCurrent = false;
  const deliver = async (): Promise<void> => {
    isCurrent = false;
    const isDelivered = await client.delivered(DELIVERY_MS);
    const { counters, delivery_error } = client.spoolState();
    if (!isDelivered) throw new Error(`events were not delivered: ${delivery_error ?? 'no answer in time'}`);
    if (counters.rejected > 0 || counters.not_taken > 0)
      throw new Error(`events were refused: see ${folder}`);
  };
  return {
    lookUp: async (pattern, scope, base) => {
      if (!isCurrent) await client.refresh();
      isCurrent = true;
      const { thresholds, applied } = client.thresholds(pattern, scope, base);
      return { thresholds, applied };
    },
    record: events => {
      for (const event of events) client.record(event);
      return deliver();
    },
    resolve: outcomes => {
      for (const outcome of outcomes) client.resolve(outcome);
      return deliver();
    },
    close: () => client.close(),
  };
}
