import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { PATTERN } from '../support/answers.ts';
import { always, fakeSession } from '../support/fake-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-'));
afterAll(() => rmSync(folder, { recursive: true }));

const session = fakeSession();

const row = (n_min: number) => ({
  n_min,
  slices: 600 - 10 * n_min,
  lessons: 400 - 6 * n_min,
  differ: 70 - n_min,
  general: 9,
  differ_by_chance: 0.1313,
  general_by_chance: 0.0909,
  any_by_chance: 0.0404,
  detectable: { more: 0.3, fewer: n_min < 20 ? null : -0.12 },
  detectable_among: { more: 0.51, fewer: null },
});
const ANSWER = {
  pattern_key: PATTERN,
  as_of: '2025-01-20T00:00:00.000Z',
  lookback_days: 90,
  events: 1234,
  decided: 1200,
  base_share: 0.3,
  n_min: 33,
  fdr: 0.1,
  power: 0.8,
  shuffles: 99,
  rows: Array.from({ length: 51 }, (_, i) => row(10 + i)),
  recommended: 33,
  advice: 'Keep 33: it has 9 findings.',
};

const run = (answer: object, argv: readonly string[], columns?: number) =>
  session.run(always(answer), argv, columns);

it('nmin prints a table and one sentence, within 80 columns', async () => {
  const result = await run(ANSWER, ['nmin', PATTERN, '--as-of', '2025-01-20', '--lookback-days', '90'], 80);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(session.received[0]).toMatchObject({ path: `/v1/patterns/${PATTERN}/nmin` });
  expect(session.received[0]?.query.toString()).toBe('as_of=2025-01-20T00%3A00%3A00Z&lookback_days=90');
  const lines = stripVTControlCharacters(result.out).split('\n');
  expect(lines.slice(0, 12).join('\n')).toMatchInlineSnapshot(`
    "pm.uptrend.S1.entry, 90 days to 2025-01-20 00:00:00Z: 1,234 events, 30.0 % of 1,200 with success; 99 permutations

    N_MIN  slices  lessons  differ  chance  general  chance  detectable  among all
    10        500      340      60    0.13        9    0.09       +30/–      +51/–
    15        450      310      55    0.13        9    0.09       +30/–      +51/–
    20        400      280      50    0.13        9    0.09     +30/-12      +51/–
    25        350      250      45    0.13        9    0.09     +30/-12      +51/–
    30        300      220      40    0.13        9    0.09     +30/-12      +51/–
    33 *      270      202      37    0.13        9    0.09     +30/-12      +51/–
    40        200      160      30    0.13        9    0.09     +30/-12      +51/–
    50        100      100      20    0.13        9    0.09     +30/-12      +51/–
    60          0       40      10    0.13        9    0.09     +30/-12      +51/–"
  `);
  expect(lines.at(-2)).toBe(ANSWER.advice);
  for (const line of lines.slice(2)) expect(line.length).toBeLessThanOrEqual(80);
});

it('nmin --every prints a row for every N_MIN', async () => {
  const result = await run(ANSWER, ['nmin', PATTERN, '--every']);
  expect(result.out.match(/^\d\d [ *+]/gm)).toHaveLength(51);
});

it('nmin prints and marks the recommended N_MIN', async () => {
  const result = await run({ ...ANSWER, recommended: 21 }, ['nmin', PATTERN]);
  expect(result.out).toMatch(/^21 \+ /m);
  expect(result.out).toMatch(/^33 \* /m);
});

it('nmin prints which permutations and slices were left out', async () => {
  const cut = 'slices of more than 3 dimensions: more than 100000 slices';
  const result = await run({ ...ANSWER, shuffles: 21, limited: '21 of 99 permutations: why', cut }, [
    'nmin',
    PATTERN,
  ]);
  expect(result.out).toContain('21 of 99 permutations: why\n');
  expect(result.out).toContain(`left out: ${cut}\n`);
});

it('nmin prints one sentence for a pattern without events', async () => {
  const none = { ...ANSWER, events: 0, decided: 0, base_share: null, advice: 'Keep 33: 0 events.' };
  expect((await run(none, ['nmin', PATTERN])).out).toBe(
    `${PATTERN}, 90 days to 2025-01-20 00:00:00Z: 0 events; 99 permutations\n\nKeep 33: 0 events.\n`,
  );
});

it('nmin --json prints the response unchanged', async () => {
  const result = await run(ANSWER, ['nmin', PATTERN, '--json']);
  expect(JSON.parse(result.out)).toEqual(ANSWER);
});

it('nmin --svg writes the plots, and ends with exit code 2 when the file cannot be written', async () => {
  const file = join(folder, 'n-min.svg');
  expect(await run(ANSWER, ['nmin', PATTERN, '--svg', file])).toMatchObject({ exit: 0 });
  const svg = readFileSync(file, 'utf8');
  expect(svg.match(/stroke-linecap="round"/g)).toHaveLength(5);
  expect(svg).toContain(`${PATTERN}: lessons that differ from the rest`);
  const result = await run(ANSWER, ['nmin', PATTERN, '--svg', join(folder, 'none', 'x.svg')]);
  expect(result).toMatchObject({ exit: 2, out: '' });
  expect(result.err).toContain('the plots cannot be written');
});
