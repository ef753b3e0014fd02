import type { NMinAnswer } from '../http/schemas/n-min.ts';
import type { NMinRow } from '../lesson/n-min/schema.ts';
import type { LinePlot, Point } from './line-plot.ts';

/** Returns two plots of a study of `N_MIN`: the lessons found, and the smallest detectable differences. */
export function nMinPlots({ rows, n_min, pattern_key }: NMinAnswer): readonly [LinePlot, LinePlot] {
  const line = (name: string, yOf: (row: NMinRow) => number | null) => ({
    name,
    points: rows.map((row): Point => [row.n_min, yOf(row) ?? Number.NaN]),
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
        line('found, and not explained by a more general lesson', row => row.general),
        line('expected by chance', row => row.general_by_chance),
      ],
    },
    {
      title: 'Smallest detectable difference in a slice of N_MIN events',
      x,
      y: { label: 'percentage points of success, detected with probability 80 %' },
      guides: [{ x: n_min }, { y: 0 }],
      lines: [
        line('more success, for one lesson alone', row => percent(row.detectable.more)),
        line('more success, for the only one among all lessons', row => percent(row.detectable_among.more)),
        line('less success, for one lesson alone', row => percent(row.detectable.fewer)),
      ],
    },
  ];
}
