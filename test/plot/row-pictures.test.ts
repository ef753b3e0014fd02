import { describe, expect, it } from 'vitest';
import { barShapes } from '../../shared/plot/bars.ts';
import { forestShapes } from '../../shared/plot/forest.ts';
import { guardPlot, wealthPoints } from '../../shared/plot/guard.ts';
import { linePlotShapes } from '../../shared/plot/line-plot-shapes.ts';
import { type Shape, svgText } from '../../shared/plot/shape.ts';
import { waterfallShapes } from '../../shared/plot/waterfall.ts';
import { waterfallSteps } from '../../web/app/screens/ask-steps.ts';
import { guardTestAnswer } from '../support/guard-answers.ts';

const all = (root: Shape): Shape[] => [
  root,
  ...(root.children ?? []).flatMap(child => (typeof child === 'string' ? [] : all(child))),
];
const texts = (root: Shape): string[] =>
  all(root).flatMap(({ tag, children = [] }) => (tag === 'text' ? [children.join('')] : []));
const marks = (root: Shape, tag: Shape['tag'], name: RegExp): Shape[] =>
  all(root).filter(each => each.tag === tag && name.test(String(each.attributes.class ?? '')));
const titleOf = (root: Shape): string =>
  String(
    all(root)
      .find(({ tag }) => tag === 'title')
      ?.children?.join(''),
  );

const WIDTHS = [320, 900];
const HOSTILE = '<img src=x onerror=1>';

describe('pictures of rows', () => {
  const row = (name: string, estimate: number, differs: 'above' | 'below' | 'none') => ({
    name,
    figure: `n of ${name}`,
    estimate,
    low: estimate - 0.1,
    high: estimate + 0.1,
    differs,
  });
  const rows = [row('everything', 0.5, 'none'), row('chain=a', 0.7, 'above'), row('chain=b', 0.2, 'below')];
  const forest = {
    title: 'win rate',
    axis: 'rate',
    from: 0,
    to: 1,
    format: String,
    reference: 0.5,
    rows: [...rows, row(HOSTILE, 0.4, 'none')],
  };

  it.each(WIDTHS)(
    'A forest plot of %i px has name, figure, interval and mark of each row, at their places',
    width => {
      const drawn = forestShapes(forest, width);
      expect([drawn.tag, drawn.attributes.role, titleOf(drawn)]).toEqual(['svg', 'img', 'win rate']);
      for (const { name, figure } of forest.rows) {
        expect(texts(drawn)).toContain(name);
        expect(texts(drawn)).toContain(figure);
      }
      const intervals = marks(drawn, 'path', /plot-line/).map(({ attributes }) =>
        [...String(attributes.d).matchAll(/^M([\d.]+) \S+?H([\d.]+)/g)].flatMap(([, a, b]) => [
          Number(a),
          Number(b),
        ]),
      );
      expect(intervals).toHaveLength(forest.rows.length);
      const circles = marks(drawn, 'circle', /plot-open/);
      expect(circles).toHaveLength(2);
      const triangles = [...marks(drawn, 'path', /plot-0-fill/), ...marks(drawn, 'path', /plot-1-fill/)];
      expect(triangles).toHaveLength(2);
      // The mark is in the middle of its symmetric interval, and a larger estimate lies further to the right.
      const middles = intervals.map(([a = 0, b = 0]) => (a + b) / 2);
      expect(middles[0]).toBeCloseTo(Number(circles[0]?.attributes.cx), 0);
      expect([...middles].sort((a, b) => a - b)).toEqual([2, 3, 0, 1].map(i => middles[i]));
      expect(svgText(drawn)).not.toContain('<img');
    },
  );

  it.each(WIDTHS)(
    'Bars of %i px begin at 0, have lengths in proportion, and a legend of each series',
    width => {
      const bars = [
        { name: 'w1 drift', figure: '-2 R', series: 0, value: -2 },
        { name: 'w1 replay', figure: '+4 R', series: 1, value: 4, tick: 2 },
        { name: 'w2 drift', figure: '0 R', series: 0, value: 0 },
      ];
      const drawn = barShapes({ title: 'gain', axis: 'R', series: ['drift', 'replay'], rows: bars }, width);
      const boxes = all(drawn).filter(({ tag, attributes }) => tag === 'rect' && attributes.height === 10);
      const [lost, won, none] = boxes.map(({ attributes }) => attributes as { x: number; width: number });
      expect(boxes).toHaveLength(bars.length);
      expect(won?.width).toBeCloseTo(2 * (lost?.width ?? 0), 0);
      expect((lost?.x ?? 0) + (lost?.width ?? 0)).toBeCloseTo(won?.x ?? 0, 0);
      expect([none?.x, none?.width]).toEqual([won?.x, 0]);
      for (const text of ['drift', 'replay', ...bars.flatMap(({ name, figure }) => [name, figure])])
        expect(texts(drawn)).toContain(text);
      expect(boxes.map(({ attributes }) => /plot-open/.test(String(attributes.class)))).toEqual([
        false,
        true,
        false,
      ]);
      expect(marks(drawn, 'path', /^plot-ink$/)).toHaveLength(1);
    },
  );

  it.each(WIDTHS)(
    'A waterfall of %i px has a mark of each step, and each begins where the last one ended',
    width => {
      const steps = [
        { name: 'asked', figure: '0.6', to: 0.6 },
        { name: 'chain=a', figure: '× 0.9', from: 0.6, to: 0.54 },
        { name: 'everything', figure: '× 1', from: 0.54, to: 0.54 },
        { name: 'bucket=b', figure: '× 1.1', from: 0.54, to: 0.594 },
        { name: 'tuned', figure: '0.594', to: 0.594 },
      ];
      const drawn = waterfallShapes({ title: 'ts_min', axis: 'ts_min', steps }, width);
      const boxes = marks(drawn, 'rect', /plot-[01]-fill/).map(
        ({ attributes }) => attributes as { x: number; width: number },
      );
      const dots = marks(drawn, 'circle', /./);
      expect([boxes.length, dots.length]).toEqual([2, 3]);
      const [down, up] = boxes;
      expect((down?.x ?? 0) + (down?.width ?? 0)).toBeCloseTo(Number(dots[0]?.attributes.cx), 0);
      expect(down?.x).toBeCloseTo(up?.x ?? 0, 0);
      expect((up?.x ?? 0) + (up?.width ?? 0)).toBeCloseTo(Number(dots[2]?.attributes.cx), 0);
      for (const { name, figure } of steps) {
        expect(texts(drawn)).toContain(name);
        expect(texts(drawn)).toContain(figure);
      }
    },
  );
});

describe('the steps from a base threshold to the tuned one', () => {
  const explained = (scope: Record<string, string>, multiplier: number, weight = 1) => ({
    action_category: 'tuning_ts_min' as const,
    scope_subset: scope,
    multiplier,
    weight,
    n: 100,
    chosen: true,
    reason: 'r',
    reason_code: 'drift',
  });
  const answer = (resolution: string, tuned: number, explain: object[]) =>
    ({ resolution, thresholds: { ts_min: tuned }, explain }) as unknown as Parameters<
      typeof waterfallSteps
    >[0];

  it('Steps of a product multiply, steps of a blend share, and each chain ends at the answer', () => {
    const moves = [explained({ chain: 'a' }, 0.9, 3), explained({}, 1.2, 1)];
    const product = waterfallSteps(answer('product', 0.6 * 0.9 * 1.2, moves), 'ts_min', 0.6);
    const blend = waterfallSteps(answer('blend', 0.6 * (0.9 * 0.75 + 1.2 * 0.25), moves), 'ts_min', 0.6);
    for (const steps of [product, blend]) {
      expect(steps).toHaveLength(4);
      for (const i of [1, 2]) expect(steps[i]?.from).toBeCloseTo(steps[i - 1]?.to ?? 0, 12);
      expect(steps[2]?.to).toBeCloseTo(steps[3]?.to ?? 0, 12);
    }
    expect(blend[1]?.to).toBeCloseTo(0.6 - 0.6 * 0.1 * 0.75, 12);
  });

  it('A limit that cut the product is a step of its own', () => {
    const steps = waterfallSteps(
      answer('product', 0.3, [explained({}, 0.5), explained({ a: 'b' }, 0.5)]),
      'ts_min',
      0.6,
    );
    expect(steps.map(({ name }) => name)).toContain('limit of the resolution');
  });
});

describe('the picture of the guard', () => {
  const test = guardTestAnswer({
    since: '2025-01-01T00:00:00Z',
    path: [
      { at: '2025-01-02T00:00:00Z', harm: 0.5, gain: -0.4 },
      { at: '2025-01-03T00:00:00Z', harm: 1.5, gain: -1 },
      { at: '2025-01-05T00:00:00Z', harm: 1, gain: 0.2 },
    ],
  });

  it('It has a point for each row of its table, both lines, and the names of all of them', () => {
    const plot = guardPlot('pm.uptrend.S1.entry', test);
    const rows = wealthPoints(test);
    expect(rows.map(({ harm, gain }) => [harm, gain])).toEqual([
      [0, 0],
      [0.5, -0.4],
      [1.5, -1],
      [1, 0.2],
    ]);
    expect(plot.lines.map(({ points }) => points.map(([, y]) => y))).toEqual([
      rows.map(({ gain }) => gain),
      rows.map(({ harm }) => harm),
    ]);
    const drawn = linePlotShapes([plot], 600);
    expect(titleOf(drawn)).toBe('pm.uptrend.S1.entry: the test since it went live');
    expect(texts(drawn)).toEqual(
      expect.arrayContaining(['harm proven: × 100', 'gain proven: × 20', '01-03']),
    );
    expect(marks(drawn, 'path', /plot-line/)).toHaveLength(2 * plot.lines.length);
    const heights = (plots: Parameters<typeof linePlotShapes>[0]): number[] =>
      all(linePlotShapes(plots, 600)).flatMap(({ attributes, children = [] }) =>
        /proven/.test(String(children[0])) ? [Number(attributes.y)] : [],
      );
    // The labels of lines that are close to each other do not touch.
    const far = test.path.map(point => ({ ...point, gain: point.gain * 200 }));
    const [upper = 0, lower = 0] = heights([guardPlot('p', { ...test, path: far })]);
    expect(lower - upper).toBeGreaterThan(11);
    // Without a block the picture has its lines and no error.
    expect(svgText(linePlotShapes([guardPlot('p', { ...test, path: [] })], 320))).not.toContain('NaN');
  });
});
