import { afterEach, expect, it } from 'vitest';
import { cycleId } from '../../shared/cycle/cycle.ts';
import { changesPageSchema } from '../../shared/http/schemas/changes.ts';
import { guardAnswerSchema } from '../../shared/http/schemas/guard.ts';
import { statusSchema } from '../../shared/http/schemas/status.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { iso, NOW } from '../support/episodes.ts';
import { addHarmfulPattern } from '../support/harmful-pattern.ts';

const PATTERN = parsePatternKey('pm.guarded.S1.entry');
const PATH = `/v1/patterns/${PATTERN}`;

let api: Api | undefined;
afterEach(() => api?.close());

/** Opens a service with a harmful pattern, changes its settings, and runs a cycle. */
async function afterRun(settings?: object) {
  const clock = { now: NOW };
  const opened = await openApi({ now: () => clock.now, environment: { N_MIN: '10' } });
  api = opened;
  await addHarmfulPattern({ runtime: opened.service.runtime, clock }, PATTERN);
  const get = async (path: string): Promise<unknown> => (await opened.send('GET', path)).json();
  const put = async (path: string, body: object) => {
    const response = await opened.send('PUT', path, { ...body, reason: 'a test' });
    expect(response.status).toBe(200);
  };
  const guard = async () => guardAnswerSchema.parse(await get(`${PATH}/guard`));
  const before = await guard();
  if (settings) await put(`${PATH}/settings`, settings);
  const run = async (): Promise<void> => {
    clock.now += 60_000;
    await (await opened.service.stateMachine.start(cycleId(iso(clock.now), 'run'), 'system:cycle', {})).done;
  };
  await run();
  const status = async () => statusSchema.parse(await get('/v1/status'));
  return { before, guard, get, put, run, status };
}

it('Proven harm turns a pattern off, and the route, the status and the list of changes say so', async () => {
  const { before, guard, get, put, run, status } = await afterRun();
  expect(before).toEqual({ pattern_key: PATTERN, guard: 'protect', running: true, tests: [] });
  const { running, tests, decision } = await guard();
  expect({ running, decision }).toMatchObject({ running: false, decision: { action: 'protect' } });
  const [test] = tests;
  expect(test).toMatchObject({
    test: 'whole',
    verdict: 'harmful',
    flips: { loosened: 22, tightened: 0, known: 22, unknown: 0 },
    lines: { harm: Math.log(100), gain: Math.log(20) },
  });
  expect(test?.log_wealth.harm).toBeGreaterThan(Math.log(100));
  expect(test?.path).toHaveLength(test?.blocks ?? 0);
  const { mode, warnings } = await status().then(s => ({ mode: s.patterns[0]?.mode, warnings: s.warnings }));
  expect(mode).toBe('off');
  expect(warnings.map(({ code }) => code)).toContain('guard_harmful');
  const { changes } = changesPageSchema.parse(await get(`/v1/changes?pattern_key=${PATTERN}`));
  const made = changes.filter(({ who }) => who === 'system:guard');
  expect(made).toMatchObject([{ what: 'mode', why: `mode off: ${decision?.sentence}` }]);
  await put(`${PATH}/mode`, { mode: 'live' });
  await run();
  const anew = await guard();
  expect(anew).toMatchObject({ running: true, tests: [{ verdict: 'none', blocks: 0 }] });
  expect(Date.parse(anew.tests[0]?.since ?? '')).toBeGreaterThan(Date.parse(test?.since ?? ''));
});

it('With the setting notify, proven harm is warned of, and the pattern stays live', async () => {
  const { guard, status } = await afterRun({ guard: 'notify' });
  const answer = await guard();
  expect(answer).toMatchObject({ guard: 'notify', running: true, decision: { action: 'notify' } });
  expect((await status()).patterns[0]?.mode).toBe('live');
  expect((await status()).warnings.map(({ code }) => code)).toContain('guard_harmful');
});

it('With the setting off, nothing is tested', async () => {
  const { guard, status } = await afterRun({ guard: 'off' });
  expect(await guard()).toEqual({ pattern_key: PATTERN, guard: 'off', running: false, tests: [] });
  expect((await status()).patterns[0]?.mode).toBe('live');
});

it('The guard does not run while the whole service is off', async () => {
  const { guard, put } = await afterRun({ guard: 'notify' });
  await put('/v1/mode', { mode: 'off' });
  expect((await guard()).running).toBe(false);
});
