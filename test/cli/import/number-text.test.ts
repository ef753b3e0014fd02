import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../cli/import/entry.ts';
import { NumberText } from '../../../cli/import/number-text.ts';

async function* entriesOf(texts: readonly string[]): AsyncGenerator<Entry> {
  for (const [i, text] of texts.entries()) yield { line: i + 1, text, fields: {} };
}

async function convert(...texts: string[]) {
  const numberText = new NumberText();
  const converted: string[] = [];
  for await (const entry of numberText.convert(entriesOf(texts)))
    converted.push('text' in entry ? entry.text : entry.code);
  return { numberText, converted };
}

const factorsOf = (text: string | undefined): unknown =>
  (JSON.parse(text ?? '{}') as { factors: unknown }).factors;

describe('numbers that a file holds as text', () => {
  it('Every event of the case becomes an event with numbers, and the summary counts them', async () => {
    const url = new URL('../../data/cases/factors-as-text.jsonl', import.meta.url);
    const { numberText, converted } = await convert(...readFileSync(url, 'utf8').trimEnd().split('\n'));
    expect(factorsOf(converted[0])).toEqual({ ts_score: 0.4, ts_min: 0.6, halo_distance: 0.5, halo_max: 1 });
    expect(numberText.summary()).toBe(
      'read from text: 120 numbers and flags of 60 events (ts_min, ts_score)',
    );
  });

  it('A measured span and a flag are converted too, and everything else stays as it was', async () => {
    const factors = {
      dx: { min: '0.1', median: 2, max: '3e1' },
      ts_ok: 'TRUE',
      slope_ok: 'false',
      note: '0.4',
      ts_min_text: '0.6',
      blocked_by: ['1'],
      applied: { multipliers: { ts_min: '0.5' } },
    };
    const { converted, numberText } = await convert(JSON.stringify({ scope: { ts_min: '0.40' }, factors }));
    expect(JSON.parse(converted[0] ?? '')).toEqual({
      scope: { ts_min: '0.40' },
      factors: { ...factors, dx: { min: 0.1, median: 2, max: 30 }, ts_ok: true, slope_ok: false },
    });
    expect(numberText.factors).toBe(3);
  });

  it.each([
    '""',
    '"1,5"',
    '"0x10"',
    '"NaN"',
    '"Infinity"',
    '"1e400"',
    '"0.4 R"',
    '["0.4"]',
    'null',
    '0.4',
    '{"value":"x"}',
  ])('A known factor of %s stays as it is, for the service to judge', async value => {
    const text = `{"factors":{"ts_score":${value}}}`;
    const { converted, numberText } = await convert(text);
    expect([converted, numberText.summary()]).toEqual([[text], undefined]);
  });

  it('An event with a number that JSON cannot write again stays as it is, so that the service refuses it', async () => {
    const text = '{"scope":{"a":1e400},"factors":{"ts_score":"0.4"}}';
    expect((await convert(text)).converted).toEqual([text]);
  });

  it('A faulty entry passes through', async () => {
    const fault: Entry = { line: 1, code: 'invalid_json', detail: 'no', event: 'x' };
    const passed: Entry[] = [];
    for await (const entry of new NumberText().convert(
      (async function* () {
        yield fault;
      })(),
    ))
      passed.push(entry);
    expect(passed).toEqual([fault]);
  });
});
