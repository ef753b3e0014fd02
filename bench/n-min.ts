// This bench makes the study of `pm-tuning nmin` on the PM's own events, and in simulated worlds with and without effects.
//   npm run bench:nmin               prints a table (some five minutes); `-- --quick` runs fewer worlds and seeds
//   npm run bench:nmin -- --write    also writes bench/results/n-min.svg
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EpisodeColumns } from '../shared/episode/columns/columns.ts';
import { QUADRANT } from '../shared/episode/columns/columns.ts';
import { ColumnCollector } from '../shared/episode/columns/scope-columns.ts';
import { readEpisode } from '../shared/episode/episode-schema.ts';
import { packEpisode } from '../shared/episode/packed-episode.ts';
import { DEFAULT_N_MIN } from '../shared/lesson/mine-lessons.ts';
import type { NMinRow, NMinStudy } from '../shared/lesson/n-min/schema.ts';
import { studyNMin } from '../shared/lesson/n-min/study.ts';
import { elementAt } from '../shared/numbers.ts';
import { parsePatternKey } from '../shared/pattern/pattern-key.ts';
import type { Line, LinePlot } from '../shared/plot/line-plot.ts';
import { linePlotSvg } from '../shared/plot/line-plot-shapes.ts';
import type { World } from './policy/world.ts';
import { curveOf, generate } from './policy/world.ts';
import { WORLDS } from './policy/worlds.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});

const PATTERN = parsePatternKey('pm.uptrend.S1.entry');
const PM_EVENTS = join(import.meta.dirname, '../test/data/pm-episode-events.jsonl');
const AS_OF = Date.parse('2025-01-20T00:00:00Z');
const LOOKBACK_DAYS = 90;
/** First seed of the policy bench on which no setting was chosen. */
const FIRST_SEED = 1001;
/** `N_MIN` of the printed rows. */
const SHOWN = [10, 15, 20, 25, 33, 40, 50, 60];

interface Case {
  readonly world: string;
  readonly eventsPerDay: number;
  readonly seeds: number;
}

const CASES: readonly Case[] = values.quick
  ? [
      { world: 'scope', eventsPerDay: 20, seeds: 2 },
      { world: 'null', eventsPerDay: 20, seeds: 2 },
    ]
  : [
      { world: 'scope', eventsPerDay: 5, seeds: 20 },
      { world: 'scope', eventsPerDay: 20, seeds: 20 },
      { world: 'scope', eventsPerDay: 200, seeds: 3 },
      { world: 'interactions only', eventsPerDay: 20, seeds: 20 },
      { world: 'null', eventsPerDay: 20, seeds: 20 },
      { world: 'null', eventsPerDay: 200, seeds: 3 },
      { world: 'null hourly', eventsPerDay: 20, seeds: 20 },
    ];

/** Returns the PM's events with an outcome. All lie in the 90 days to `AS_OF`, and all outcomes were known then. */
function pmColumns(): EpisodeColumns {
  const collector = new ColumnCollector({ withDxCount: false });
  for (const line of readFileSync(PM_EVENTS, 'utf8').trimEnd().split('\n')) {
    const episode = readEpisode(JSON.parse(line), AS_OF);
    if (episode.pattern === PATTERN && episode.outcome)
      collector.add(packEpisode(episode), episode.outcome.outcome);
  }
  return collector.columns();
}

/** Returns the last 90 days of a world under its base gates: the events whose outcome is known at the end. */
function worldColumns(world: World, seed: number, curve = curveOf(world)): EpisodeColumns {
  const events = generate(world, seed, curve);
  const rows = Array.from({ length: events.size }, (_, i) => i).filter(
    i => elementAt(events.day, i) >= world.days - LOOKBACK_DAYS && elementAt(events.known, i) <= world.days,
  );
  const acted = (i: number): boolean => events.margins.every(margin => elementAt(margin, i) >= 0);
  return {
    size: rows.length,
    dimensions: events.dimensions.map(dimension => ({
      ...dimension,
      codes: Uint8Array.from(rows, i => elementAt(dimension.codes, i)),
    })),
    quadrant: Uint8Array.from(rows, i => {
      if (events.success[i] === 1) return acted(i) ? QUADRANT.win : QUADRANT.miss;
      return acted(i) ? QUADRANT.falsePositive : QUADRANT.dodge;
    }),
  };
}

/** Several studies of one world, and the means over them. */
interface Means {
  readonly name: string;
  readonly studies: readonly NMinStudy[];
  /** Returns the mean of a value over the rows of one `N_MIN`. */
  readonly mean: (nMin: number, value: (row: NMinRow) => number) => number;
}

function means(name: string, studies: readonly NMinStudy[]): Means {
  return {
    name,
    studies,
    mean: (nMin, value) =>
      studies.reduce((sum, { rows }) => {
        const row = rows.find(r => r.n_min === nMin);
        return sum + (row ? value(row) : 0);
      }, 0) / studies.length,
  };
}

function print({ name, studies, mean }: Means): void {
  const [first] = studies;
  console.log(
    `\n${name}: ${studies.length} ${studies.length === 1 ? 'study' : 'studies'}, ${first?.events} events, ` +
      `${(100 * (first?.base_share ?? 0)).toFixed(1)} % success, ${first?.shuffles} permutations`,
  );
  console.log(
    '| N_MIN | slices | lessons | differ | by chance | general | by chance | any by chance | detectable, points |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const n of SHOWN) {
    const values = [
      mean(n, r => r.slices).toFixed(0),
      mean(n, r => r.lessons).toFixed(0),
      mean(n, r => r.differ).toFixed(1),
      mean(n, r => r.differ_by_chance).toFixed(2),
      mean(n, r => r.general).toFixed(1),
      mean(n, r => r.general_by_chance).toFixed(2),
      `${(100 * mean(n, r => r.any_by_chance)).toFixed(0)} %`,
      `+${(100 * mean(n, r => r.detectable.more ?? Number.NaN)).toFixed(0)}`,
    ];
    console.log(`| ${[n, ...values].join(' | ')} |`);
  }
  const withFinding = studies.filter(({ rows }) =>
    rows.some(r => r.n_min === DEFAULT_N_MIN && r.differ > 0),
  ).length;
  console.log(`studies in which any lesson differs at ${DEFAULT_N_MIN}: ${withFinding} of ${studies.length}`);
  const byAdvice = Map.groupBy(studies, study => study.advice.split(':')[0] ?? '');
  console.log(`advice: ${[...byAdvice].map(([advice, group]) => `${advice} (${group.length})`).join(', ')}`);
  if (studies.length === 1) console.log(first?.advice);
}

function plotOf(all: readonly Means[]): LinePlot {
  const nMins = all[0]?.studies[0]?.rows.map(row => row.n_min) ?? [];
  const line = (name: string, valueAt: (nMin: number) => number): Line => ({
    name,
    points: nMins.map(n => [n, valueAt(n)]),
  });
  return {
    title: all.map(({ name }) => name).join('; '),
    x: { label: 'N_MIN' },
    y: { label: 'lessons that differ and that nothing more general explains', from: 0 },
    guides: [{ x: DEFAULT_N_MIN }],
    lines: all.flatMap(({ name, mean }) => [
      line(`${name}: found`, n => mean(n, row => row.general)),
      line(`${name}: by chance`, n => mean(n, row => row.general_by_chance)),
    ]),
  };
}

const results: Means[] = [means('the PM’s events', [studyNMin(PATTERN, pmColumns(), DEFAULT_N_MIN)])];
for (const { world: name, eventsPerDay, seeds } of CASES) {
  const baseWorld = WORLDS.find(world => world.name === name);
  if (!baseWorld) throw new Error(`there is no world ${name}; see bench/policy/worlds.ts`);
  const world = { ...baseWorld, eventsPerDay };
  const curve = curveOf(world);
  const studies = Array.from({ length: seeds }, (_, i) =>
    studyNMin(PATTERN, worldColumns(world, FIRST_SEED + i, curve), DEFAULT_N_MIN),
  );
  results.push(means(`${name}, ${eventsPerDay} a day`, studies));
}
for (const result of results) print(result);
if (values.write) {
  const [pm, ...simulated] = results;
  const plotted = simulated.filter(({ name }) => ['scope, 20 a day', 'null, 20 a day'].includes(name));
  const panels = [plotOf(pm ? [pm] : []), plotOf(plotted)];
  writeFileSync(join(import.meta.dirname, 'results', 'n-min.svg'), linePlotSvg(panels));
}
