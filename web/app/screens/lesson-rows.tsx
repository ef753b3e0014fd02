import { countText, percent, percentRange } from '../../../shared/format.ts';
import type { LessonsPage } from '../../../shared/http/schemas/lessons.ts';
import { describeScope } from '../../../shared/pattern/describe-scope.ts';
import type { ForestRow } from '../../../shared/plot/forest.ts';
import { gain } from '../figures.ts';
import { ScopeText } from '../parts/panel.tsx';
import type { Column } from '../parts/table.tsx';

export type Lesson = LessonsPage['lessons'][number];

export const RATES = {
  wr: 'win rate of acted events',
  fpr: 'failures of acted events',
  mr: 'misses of skipped events',
  dr: 'dodges of skipped events',
  failure_rate: 'failures of episodes with a ladder',
} as const;
type Rate = keyof typeof RATES;

/** The false discovery rate up to which a difference counts as proven. */
export const PROVEN_Q = 0.1;

/** Formats a q-value: two digits, as smaller ones differ for no reader. */
function qText(q: number | undefined): string {
  if (q === undefined) return '–';
  return q < 0.0001 ? '< 0.0001' : String(Number(q.toPrecision(2)));
}

export const dimensions = (lesson: Lesson): number => Object.keys(lesson.scope_subset).length;
export const qOf = (lesson: Lesson): number => lesson.uncertainty?.q ?? 1;

export function ratesOf(lesson: Lesson | undefined): readonly Rate[] {
  return lesson?.action_category === 'tuning_dx_ladder' ? ['failure_rate'] : ['wr', 'fpr', 'mr', 'dr'];
}

export const estimateOf = ({ stats }: Lesson, rate: Rate): number =>
  (stats as Partial<Record<Rate, number>>)[rate] ?? Number.NaN;

function intervalOf({ uncertainty }: Lesson, rate: Rate): readonly [number, number] {
  return (uncertainty as Partial<Record<Rate, [number, number]>> | undefined)?.[rate] ?? [0, 1];
}

export function forestRow(lesson: Lesson, rate: Rate): ForestRow {
  const [low, high] = intervalOf(lesson, rate);
  const { difference = 0, q } = lesson.uncertainty ?? {};
  const proven = q !== undefined && q <= PROVEN_Q;
  return {
    name: describeScope(lesson.scope_subset),
    figure: `${countText(lesson.n)} · ${qText(q)}`,
    estimate: estimateOf(lesson, rate),
    low,
    high,
    differs: !proven ? 'none' : difference > 0 ? 'above' : 'below',
  };
}

export const SCOPE: Column<Lesson> = {
  title: 'scope',
  text: row => describeScope(row.scope_subset),
  cell: row => <ScopeText scope={row.scope_subset} />,
  sort: row => describeScope(row.scope_subset),
};

export function columnsOf(rates: readonly Rate[]): readonly Column<Lesson>[] {
  return [
    SCOPE,
    { title: 'n', text: row => countText(row.n), sort: row => row.n, align: 'right' },
    ...rates.map(
      (rate): Column<Lesson> => ({
        title: rate,
        text: row => `${percent(estimateOf(row, rate))} (${percentRange(intervalOf(row, rate))})`,
        sort: row => estimateOf(row, rate),
        align: 'right',
      }),
    ),
    {
      title: 'difference',
      text: row => (row.uncertainty?.difference === undefined ? '–' : gain(row.uncertainty.difference * 100)),
      sort: row => row.uncertainty?.difference ?? 0,
      align: 'right',
    },
    { title: 'q', text: row => qText(row.uncertainty?.q), sort: qOf, align: 'right' },
  ];
}
