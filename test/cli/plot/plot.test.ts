import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate } from '../../../cli/plot/interpolate.ts';
import type { LinePlot } from '../../../cli/plot/line-plot.ts';
import { scale } from '../../../cli/plot/scale.ts';
import { linePlotSvg } from '../../../cli/plot/svg-plot.ts';
import { terminalPlot } from '../../../cli/plot/terminal-plot.ts';
import { textWidth } from '../../../cli/table.ts';

const RISING: LinePlot = {
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

const texts = (axis: Parameters<typeof scale>[0], values: readonly number[]): string[] =>
  scale(axis, values).ticks.map(tick => tick.text);

describe('an axis', () => {
  it.each([
    [
      [0, 100],
      ['0', '20', '40', '60', '80', '100'],
    ],
    [
      [10, 60],
      ['10', '20', '30', '40', '50', '60'],
    ],
    [
      [0.8, 1.2],
      ['0.8', '0.9', '1', '1.1', '1.2'],
    ],
    [
      [-3, 12],
      ['0', '5', '10'],
    ],
    [
      [0, 0.3],
      ['0', '0.1', '0.2', '0.3'],
    ],
  ])('over %j has ticks at round numbers', (values, ticks) => {
    expect(texts({ label: '' }, values)).toEqual(ticks);
  });

  it('of powers has ticks at powers of ten, with 2 and 5 between where they are few', () => {
    expect(texts({ label: '', scale: 'log' }, [1, 1000])).toEqual(['1', '10', '100', '1000']);
    expect(texts({ label: '', scale: 'log' }, [1, 10])).toEqual(['1', '2', '5', '10']);
  });

  it('over one value, or none, has a length all the same', () => {
    expect(scale({ label: '' }, [5]).at(5)).toBe(0.5);
    expect(scale({ label: '' }, [0]).at(0)).toBe(0.5);
    expect(scale({ label: '' }, []).at(0.25)).toBe(0.25);
    expect(scale({ label: '', scale: 'log' }, [10, 1000]).at(0)).toBeNaN();
  });

  it.each([[[-5e-324, 5e-324]], [[0, 5e-324]], [[-1.7e308, 1.7e308]], [[1, 1 + 2 ** -52]]])(
    'over %j, at the end of what numbers can tell apart, is no error',
    values => {
      const made = scale({ label: '' }, values);
      expect(made.ticks.length).toBeLessThan(20);
      for (const { value } of made.ticks) expect(value).toBeGreaterThanOrEqual(values[0] ?? 0);
    },
  );

  it('leads from value to place and back', () => {
    const value = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom('linear' as const, 'log' as const),
        value,
        value,
        value,
        (kind, a, b, v) => {
          fc.pre(Math.abs(a - b) > 1e-3 * (a + b));
          const made = scale({ label: '', scale: kind }, [a, b]);
          expect(made.value(made.at(v)) / v).toBeCloseTo(1, 6);
        },
      ),
    );
  });
});

describe('a line between its points', () => {
  const points = [
    [0, 0],
    [10, 20],
    [20, 20],
    [30, Number.NaN],
  ] as const;
  it.each([
    [0, 0],
    [2.5, 5],
    [10, 20],
    [15, 20],
    [-1, Number.NaN],
    [25, Number.NaN],
    [31, Number.NaN],
  ])('at %d is %d', (x, y) => {
    expect(interpolate(points, x, 1)).toBe(y);
  });

  it('of no points is nowhere', () => {
    expect(interpolate([], 1, 1)).toBeNaN();
  });
});

describe('a plot in the terminal', () => {
  it('draws line, band, guides, labels and legend', () => {
    expect(terminalPlot(RISING, { width: 44, height: 7 })).toMatchInlineSnapshot(`
      "what if
      utility
          │                   ┊               ░░⢀⣀
       40 ┤                   ┊       ░░░⣀⣀⠤⠤⠒⠊⠉⠁░
       20 ┤                   ┊░░░⣀⣀⠤⠔⠒⠊⠉░░░░░░
        0 ┤┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈⣀⡠⠤⠔⠒⠊⠉┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
      -20 ┤   ░░░░░░⣀⡠⠤⠔⠒⠉⠉░░░┊
      -40 ┤░⢀⣀⡠⠤⠒⠒⠉⠉░░░       ┊
          │⠉⠁░░               ┊
          └┬─────────┬────────┬─────────┬────────┬
           0.8      0.9       1        1.1     1.2
                         multiplier
        ⠤⠤⠤⠤ utility at 2:1 (shaded: its interval)"
    `);
  });

  it('names what upright guides mark above them, one aside of the other, and what the band is', () => {
    const guides = [{ x: 1, label: 'base' }, { x: 1.02, label: 'best' }, { y: 0 }, { x: 3, label: 'far' }];
    const lines = RISING.lines.map(line => ({ ...line, bandName: '90 % interval' }));
    const rows = terminalPlot({ ...RISING, guides, lines, x: { label: '', to: 1.2 } }, { width: 44 }).split(
      '\n',
    );
    expect(rows[2]).toBe('                      base best');
    expect(rows[3]?.indexOf('┊')).toBe(24);
    expect(rows.at(-1)).toBe('  ⠤⠤⠤⠤ utility at 2:1 (shaded: 90 % interval)');
  });

  it('tells lines apart without colour', () => {
    const at = (y: number) => ({ name: `at ${y}`, points: [[0, y] as const, [10, y] as const] });
    const text = terminalPlot(
      { title: '', x: { label: '' }, y: { label: '' }, lines: [at(1), at(2), at(3)] },
      { width: 40, height: 5 },
    );
    const drawn = text.split('\n').filter(line => /[\u2801-\u28ff]/.test(line) && !line.includes('at '));
    expect(new Set(drawn.map(line => line.replace(/^[^┤│]*./, ''))).size).toBe(3);
  });

  it('keeps to its width, in whatever terminal, and has no escape sequence', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: -1e9, max: 1e9 }), fc.double())),
        fc.integer({ min: 40, max: 200 }),
        (points, width) => {
          const sorted = points.filter(([x]) => Number.isFinite(x)).toSorted((a, b) => a[0] - b[0]);
          const plot = { ...RISING, guides: [], lines: [{ name: 'any', points: sorted }] };
          const text = terminalPlot(plot, { width });
          for (const line of text.split('\n'))
            expect(textWidth(line)).toBeLessThanOrEqual(Math.max(40, width));
          expect(text).not.toContain('\u001b');
        },
      ),
    );
  });

  it('shows a point that no other joins', () => {
    const plot = { ...RISING, guides: [], lines: [{ name: 'one', points: [[3, 4] as const] }] };
    expect(terminalPlot(plot, { width: 40 })).toMatch(/┤ +[\u2801-\u28ff]/);
  });

  it('cannot be steered by a name', () => {
    const plot = { ...RISING, title: '\u001b[2J', lines: [{ name: '\u001b[31m', points: [] }] };
    expect(terminalPlot(plot, { width: 40 })).not.toContain('\u001b');
  });
});

describe('a plot as SVG', () => {
  it('has a polyline, a polygon for the band, both guides and the words', () => {
    const svg = linePlotSvg([RISING]);
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg.match(/<polygon/g)).toHaveLength(1);
    expect(svg.match(/stroke-dasharray="1 3"/g)).toHaveLength(2);
    for (const word of ['what if', 'multiplier', 'utility at 2:1']) expect(svg).toContain(`>${word}`);
  });

  it('puts points where the axes say: 0.8 at the left, 1.2 at the right, -50 to 50 from bottom to top', () => {
    // 72 + 468 · share; 58 + 248 · (1 − share), the range being that of the band
    expect(linePlotSvg([RISING])).toContain('points="72.0,281.2 306.0,182.0 540.0,82.8"');
  });

  it('leaves a gap where a value is missing', () => {
    const points = [
      [1, 1],
      [2, 2],
      [3, Number.NaN],
      [4, 1],
      [5, 2],
    ] as const;
    const svg = linePlotSvg([{ ...RISING, lines: [{ name: 'gap', points }] }]);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });

  it('is well-formed whatever the names', () => {
    const svg = linePlotSvg([{ ...RISING, title: '</title><script>&\u0007' }]);
    expect(svg).toContain('&lt;/title&gt;&lt;script&gt;&amp; ');
    expect(svg).not.toContain('<script');
  });

  it('names what upright guides mark, without one name over the other', () => {
    const guides = [
      { x: 1.19, label: 'best × 1.19' },
      { x: 1.18, label: 'base' },
      { x: 9, label: 'far' },
    ];
    const svg = linePlotSvg([{ ...RISING, guides, x: { label: '', from: 0.8, to: 1.2 } }]);
    const starts = [...svg.matchAll(/<text x="([\d.]+)" y="52"[^>]*>([^<]+)</g)].map(([, x, name]) => [
      name,
      Number(x),
    ]);
    // The point 1.18 is 516.6, half of four characters to the left 504.6; the other begins a character after its end.
    expect(starts).toEqual([
      ['base', 504.6],
      ['best × 1.19', 534.6],
    ]);
  });

  it('cuts a title that would run into the next plot, but not in the title of the document', () => {
    const title = 'ts_min on '.repeat(20);
    const svg = linePlotSvg([{ ...RISING, title }]);
    expect(svg).toContain(`<title>${title}</title>`);
    expect(/font-weight="bold">([^<]*)</.exec(svg)?.[1]).toBe(`${title.slice(0, 59).trimEnd()}…`);
  });

  it('stands panels side by side', () => {
    expect(linePlotSvg([RISING, RISING])).toContain('width="1120"');
  });
});
