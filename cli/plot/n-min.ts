import type { NMinAnswer } from '../../shared/http/schemas/n-min.ts';
import type { NMinRow } from '../../shared/lesson/n-min/schema.ts';
import type { LinePlot, Point } from './line-plot.ts';

/** A study of `N_MIN` as two pictures: what is found, and what could be. */
export function nMinPlots({ rows, n_min, pattern_key }: NMinAnswer): readonly [LinePlot, LinePlot] {
  const line = (name: string, of: (row: NMinRow) => number | null) => ({
    name,
    points: rows.map((row): Point => [row.n_min, of(row) ?? Number.NaN]),
  });
  const percent = (share: number | null): number | null => (share === null ? null : share * 100);
  const x = { label: 'N_MIN', from: rows[0]?.n_min ?? 0, to: rows.at(-1)?.n_min ?? 1 };
  return [
    {
      title: `${pattern_key}: lessons that differ from the rest`,
      x,
      y: {
        label: 'lessons',
        from: 0,
        to: Math.max(1, ...rows.map(row => Math.max(row.general, row.general_by_chance))),
      },
      guides: [{ x: n_min }],
      lines: [
        line('found, and not explained by a more general one', row => row.general),
        line('the same by chance', row => row.general_by_chance),
      ],
    },
    {
      title: 'Least difference that shows in a slice of N_MIN events',
      x,
      y: { label: 'percentage points of success, with odds of 4 in 5' },
      guides: [{ x: n_min }, { y: 0 }],
      lines: [
        line('more success, the lesson alone', row => percent(row.detectable.more)),
        line('more success, as the only one of all lessons', row => percent(row.detectable_among.more)),
        line('less success, the lesson alone', row => percent(row.detectable.fewer)),
      ],
    },
  ];
}
