import { expect, it } from 'vitest';
import { runWarnings } from '../../shared/cycle/run-warnings.ts';
import { effectiveSettings } from '../../shared/generation/effective-settings.ts';
import { S1 } from '../support/episodes.ts';
import { factorColumns } from '../support/factor-columns.ts';
import { override } from '../support/overrides.ts';
import { usePatternRuns } from '../support/pattern-runs.ts';

const { stores, addMisses, open, run, head } = usePatternRuns();

it.each([
  [{}, undefined],
  [{ on_jump: 'hold' as const }, expect.stringContaining('a cut drops 1 of the overrides in force: read')],
])(
  'A run whose budget leaves slices out warns of the overrides in force that go: settings %j',
  async (settings, expected) => {
    await addMisses(20);
    await run();
    const { runtime } = stores();
    const deep = override('tuning_ts_min', { bucket: 'nano', chain: 'solana' }, 0.9);
    const flat = override('tuning_ts_min', {}, 0.9);
    const { cycle } = await open();
    const { warnings, held } = await runWarnings(runtime, {
      cycle,
      pattern: S1,
      head: await head(),
      settings: effectiveSettings(runtime.defaults, settings),
      columns: factorColumns([]),
      tuned: {
        overrides: [flat],
        evidence: {},
        cut: 'every slice of more than 1 dimensions left out',
        whyLeftOut: ({ scope_hash }) =>
          scope_hash === deep.scope_hash ? 'the budget left it out' : undefined,
      },
      inForce: [deep, flat],
    });
    expect(held).toEqual(expected);
    expect(warnings).toMatchObject([
      {
        code: 'cut_drops_override',
        pattern_key: S1,
        scope_subset: { bucket: 'nano', chain: 'solana' },
        message: 'tuning_ts_min of bucket=nano, chain=solana goes, because the budget left it out',
      },
    ]);
  },
);

it('A run of a pattern whose thresholds have one value reads no past generation', async () => {
  for (const _ of [1, 2, 3]) {
    await addMisses(20);
    await run();
  }
  await addMisses(5);
  const queries: string[] = [];
  stores().proxy.around = ({ operation, body }, forward) => {
    if (operation === 'Query') queries.push(JSON.stringify(body));
    return forward();
  };
  expect(await run()).toMatchObject({ status: 'published', generation: 4 });
  expect(queries.filter(query => query.includes('generation#'))).toEqual([]);
  expect(queries.filter(query => query.includes('dimensions#'))).toHaveLength(1);
});
