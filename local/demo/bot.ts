/** What the demo's bot sends about one opportunity, as `POST /v1/events` takes it. */
export interface BotEvent {
  readonly pattern_key: string;
  readonly episode_id: string;
  readonly decision: 'acted' | 'skipped';
  readonly scope: Readonly<Record<string, string>>;
  readonly timestamp: string;
  readonly factors: Readonly<Record<string, unknown>>;
}

/** What became of an opportunity, as `POST /v1/outcomes` takes it. */
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

/** The service takes this many items in one request. */
const MAX_ITEMS = 500;

/** Returns a bot that talks to the service over HTTP. @param url address of the service, such as http://127.0.0.1:8787 */
export function httpBot(url: string): Bot {
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    // 207: some items were rejected.
    if (!response.ok || response.status === 207)
      throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  const inBatches = async <T>(items: readonly T[], send: (batch: readonly T[]) => Promise<unknown>) => {
    for (let i = 0; i < items.length; i += MAX_ITEMS) await send(items.slice(i, i + MAX_ITEMS));
  };
  return {
    lookUp: async (pattern_key, scope, thresholds) => {
      const answer = await post('/v1/overrides/lookup', { pattern_key, scope, thresholds });
      return { thresholds: answer.thresholds as Thresholds, applied: answer.applied };
    },
    record: events => inBatches(events, batch => post('/v1/events', { events: batch })),
    resolve: outcomes => inBatches(outcomes, batch => post('/v1/outcomes', { outcomes: batch })),
  };
}
