import { clusteredMean } from '../../shared/statistics/clustered-mean.ts';
import type { Bot, BotEvent, BotOutcome } from './bot.ts';
import type { Opportunity } from './market.ts';
import { BASE, CHAINS, opportunitiesOf, PLANTED, passes, startOf } from './market.ts';

/** Days of the simulation, and days between two runs of the service. */
export const DAYS = 90;
const RUN_EVERY = 7;

/** The service that the PM works with. */
interface TunedService {
  readonly bot: Bot;
  /** Sets the clock of the service, milliseconds since 1970. */
  setTime(now: number): void;
  /** Runs a cycle. @returns whether the pattern has a new generation */
  runCycle(): Promise<boolean>;
}

/** A total in R with its 90 % interval, from daily sums. */
export interface Total {
  readonly total: number;
  readonly low: number;
  readonly high: number;
}

export interface SimulationResult {
  readonly opportunities: number;
  /** First day that was decided with tuned thresholds; undefined when no run published. */
  readonly firstTunedDay: number | undefined;
  /** Returns from that day on, in R: of the decisions, of the bot's own thresholds, and the difference. */
  readonly tuned: Total;
  readonly untuned: Total;
  readonly gain: Total;
  readonly trades: { readonly tuned: number; readonly untuned: number };
  /** `ts_min` that the service answers at the end, by timeframe. */
  readonly found: Readonly<Record<string, number>>;
}

/**
 * Simulates a PM for 90 days. It looks its thresholds up each day, logs what it did and skipped, and reports outcomes as
 * they become known. The service tunes once a week.
 * @param onDay is called before each day
 */
export async function simulatePm(
  pattern: string,
  service: TunedService,
  onDay: (day: number, opportunities: number) => void,
): Promise<SimulationResult> {
  const ledger = new Ledger();
  const pending: Opportunity[] = [];
  let firstTunedDay: number | undefined;
  for (let day = 0; day < DAYS; day++) {
    onDay(day, ledger.opportunities);
    service.setTime(startOf(day));
    await service.bot.resolve(takeResolved(pending, startOf(day)).map(outcome(pattern)));
    if (day > 0 && day % RUN_EVERY === 0 && (await service.runCycle())) firstTunedDay ??= day;
    const opportunities = opportunitiesOf(day);
    const tuned = await thresholdsByScope(pattern, service.bot);
    service.setTime(startOf(day + 1));
    await service.bot.record(
      opportunities.map(opportunity => {
        const { thresholds, applied } = tuned.get(nameOf(opportunity.scope)) ?? {
          thresholds: BASE,
          applied: null,
        };
        const acted = passes(opportunity, thresholds);
        ledger.add(day, opportunity, acted, passes(opportunity, BASE));
        return event(pattern, opportunity, acted, { ...thresholds, applied });
      }),
    );
    pending.push(...opportunities);
  }
  const found = await thresholdsByScope(pattern, service.bot);
  return {
    opportunities: ledger.opportunities,
    firstTunedDay,
    ...ledger.totals(firstTunedDay ?? DAYS),
    found: Object.fromEntries(
      Object.keys(PLANTED).map(timeframe => [
        timeframe,
        found.get(nameOf({ timeframe, chain: 'solana' }))?.thresholds.ts_min ?? BASE.ts_min,
      ]),
    ),
  };
}

const nameOf = ({ timeframe, chain }: Opportunity['scope']): string => `${timeframe} ${chain}`;

async function thresholdsByScope(
  pattern: string,
  bot: Bot,
): Promise<Map<string, Awaited<ReturnType<Bot['lookUp']>>>> {
  const scopes = Object.keys(PLANTED).flatMap(timeframe => CHAINS.map(chain => ({ timeframe, chain })));
  const answers = await Promise.all(
    scopes.map(async scope => [nameOf(scope), await bot.lookUp(pattern, scope, BASE)] as const),
  );
  return new Map(answers);
}

/** Takes the opportunities out of a list whose result is known by some time. */
function takeResolved(pending: Opportunity[], now: number): Opportunity[] {
  const resolved = pending.filter(({ resolvedAt }) => resolvedAt <= now);
  const open = pending.filter(({ resolvedAt }) => resolvedAt > now);
  pending.splice(0, pending.length, ...open);
  return resolved;
}

function event(
  pattern_key: string,
  { id, time, scope, factors }: Opportunity,
  acted: boolean,
  logged: object,
): BotEvent {
  return {
    pattern_key,
    episode_id: id,
    decision: acted ? 'acted' : 'skipped',
    scope,
    timestamp: new Date(time).toISOString(),
    factors: { ...factors, ...logged },
  };
}

const outcome =
  (pattern_key: string) =>
  (opportunity: Opportunity): BotOutcome => ({
    pattern_key,
    episode_id: opportunity.id,
    outcome: opportunity.success ? 'success' : 'failure',
    resolved_at: new Date(opportunity.resolvedAt).toISOString(),
    return: opportunity.return,
  });

/** Keeps what the decisions of the PM, and those of its own thresholds, returned each day. */
class Ledger {
  opportunities = 0;
  readonly #days: {
    day: number;
    tuned: number;
    untuned: number;
    trades: [tuned: number, untuned: number];
  }[] = [];

  add(day: number, { return: result }: Opportunity, acted: boolean, untunedActs: boolean): void {
    this.opportunities++;
    let sums = this.#days.at(-1);
    if (sums?.day !== day) {
      sums = { day, tuned: 0, untuned: 0, trades: [0, 0] };
      this.#days.push(sums);
    }
    if (acted) sums.tuned += result;
    if (untunedActs) sums.untuned += result;
    sums.trades[0] += acted ? 1 : 0;
    sums.trades[1] += untunedActs ? 1 : 0;
  }

  /** Returns the totals of the days from `first` on. */
  totals(first: number): Pick<SimulationResult, 'tuned' | 'untuned' | 'gain' | 'trades'> {
    const days = this.#days.filter(({ day }) => day >= first);
    const total = (of: (sums: (typeof days)[number]) => number): Total => {
      if (days.length < 2) return { total: 0, low: 0, high: 0 };
      const { n, mean, low, high } = clusteredMean(Float64Array.from(days, of), []);
      return { total: n * mean, low: n * low, high: n * high };
    };
    return {
      tuned: total(({ tuned }) => tuned),
      untuned: total(({ untuned }) => untuned),
      gain: total(({ tuned, untuned }) => tuned - untuned),
      trades: {
        tuned: days.reduce((sum, { trades }) => sum + trades[0], 0),
        untuned: days.reduce((sum, { trades }) => sum + trades[1], 0),
      },
    };
  }
}
