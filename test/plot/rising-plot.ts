import type { LinePlot } from '../../shared/plot/line-plot.ts';

/** A plot of one rising line with a band, and a guide in each direction. */
export const RISING: LinePlot = {
  title: 'what if',
  x: { label: 'multiplier' },
  y: { label: 'utility' },
  guides: [{ x: 1 }, { y: 0 }],
  lines: [
    {
      name: 'utility at 2:1',
      points: [
        [0.8, -40],
        [1, 0],
        [1.2, 40],
      ],
      band: [
        [0.8, -50, -30],
        [1.2, 30, 50],
      ],
    },
  ],
};
