import { table } from '../support/report.ts';
import type { Estimate } from './compare.ts';
import { meanEstimate } from './compare.ts';
import type { Harm } from './harm.ts';
import type { PlantedResult } from './planted.ts';
import type { PromiseResult } from './promises.ts';
import type { RunResult } from './run.ts';

const signed = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits).replace(/^0/, '')}`;

/** Formats a mean with its interval; `*` marks an interval without 0. */
function estimateText({ mean, low, high }: Estimate, digits = 4): string {
  const mark = low > 0 || high < 0 ? '*' : ' ';
  return `${signed(mean, digits)}${mark} (${signed(low, digits)} to ${signed(high, digits)})`;
}

/** Formats the gains of each run and policy. */
export function gainsTable(results: readonly RunResult[]): string {
  return table(
    ['run', 'policy', 'taken', 'over none', 'over random', 'over never'],
    results.flatMap(({ run, policies }) =>
      Object.entries(policies).map(([policy, { taken, none, random, never }]) => [
        run,
        policy,
        `${(100 * taken).toFixed(1)} %`,
        estimateText(none),
        estimateText(random),
        estimateText(never),
      ]),
    ),
  );
}

/** Formats the means over the runs for each payoff, with the numbers of runs significantly above and below 0. */
export function meansTable(results: readonly RunResult[]): string {
  const bases = [...new Set(results.map(({ basis }) => basis))];
  const policies = Object.keys(results[0]?.policies ?? {}).filter(policy => policy !== 'none');
  const cell = (basis: string, policy: string, over: 'none' | 'random' | 'never'): string => {
    const gains = results
      .filter(result => result.basis === basis)
      .flatMap(result => result.policies[policy]?.[over] ?? []);
    const above = gains.filter(({ low }) => low > 0).length;
    const below = gains.filter(({ high }) => high < 0).length;
    return `${estimateText(meanEstimate(gains))} ${above}/${below}`;
  };
  return table(
    ['mean of the runs', 'policy', 'over none', 'over random', 'over never'],
    bases.flatMap(basis =>
      policies.map(policy => [
        `payoff ${basis}`,
        policy,
        cell(basis, policy, 'none'),
        cell(basis, policy, 'random'),
        cell(basis, policy, 'never'),
      ]),
    ),
  );
}

/** Formats what new overrides of replay promised and brought. */
export function promisesTable(promises: readonly PromiseResult[]): string {
  if (promises.length === 0) return 'Replay made no override that changed an event later.';
  return table(
    [
      'replay, per changed event',
      'overrides',
      'in sample',
      'expected',
      'came in 28 days',
      'by chance',
      'forecasts held',
    ],
    promises.map(({ kind, overrides, inSample, expected, held, came, byChance }) => [
      kind,
      String(overrides),
      signed(inSample, 3),
      signed(expected, 3),
      estimateText(came, 3),
      signed(byChance, 3),
      `${Math.round(100 * held)} %`,
    ]),
  );
}

/** Formats the share of planted events that each policy takes. */
export function plantedTable(results: readonly PlantedResult[]): string {
  return table(
    ['run', 'timeframe', 'success', 'events', 'score', 'gates', 'replay'],
    results.map(({ run, timeframe, success, events, taken: { score, gates, replay } }) => [
      run,
      timeframe,
      success.toFixed(2),
      String(events),
      score.toFixed(2),
      gates.toFixed(2),
      replay.toFixed(2),
    ]),
  );
}

/** Formats the harm of each policy by run. */
export function harmTable(harm: Readonly<Record<string, readonly Harm[]>>): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  return table(
    ['run', 'policy', 'mean harm', '90th percentile', 'worst draw'],
    Object.entries(harm).flatMap(([run, harms]) =>
      harms.map(({ policy, mean, p90, worst }) => [run, policy, percent(mean), percent(p90), percent(worst)]),
    ),
  );
}
