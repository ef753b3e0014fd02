import { afterAll, beforeAll, expect, it } from 'vitest';
import { evidenceAnswerSchema } from '../../shared/http/schemas/evaluation.ts';
import { lessonsPageSchema } from '../../shared/http/schemas/lessons.ts';
import { generationsAnswerSchema, settingsAnswerSchema } from '../../shared/http/schemas/patterns.ts';
import { whatIfAnswerSchema } from '../../shared/http/schemas/what-if.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { DAY, iso, NOW, S1 } from '../support/episodes.ts';

/* These tests send outcomes with returns, and follow the payoff that they show through runs and answers. */

const PATH = `/v1/patterns/${S1}`;

/** Returns acted trades, ten hours apart: every third one wins 1.5 or 1.7 R, the others lose 1.1 or 1.3 R. */
function trades(count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const at = NOW - 80 * DAY + i * 10 * 3_600_000;
    const won = i % 3 === 0;
    const scatter = Math.floor(i / 3) % 2 === 0 ? 0.1 : -0.1;
    return {
      pattern_key: S1,
      episode_id: `trade-${i}`,
      decision: 'acted',
      scope: { timeframe: i % 4 === 0 ? '1h' : '15m' },
      factors: { ts_score: 0.7, ts_min: 0.6, halo_distance: 0.5, halo_max: 1, ema60_slope: 1, slope_min: 0 },
      timestamp: iso(at),
      outcome: won ? 'success' : 'failure',
      resolved_at: iso(at + 3_600_000),
      return: won ? 1.6 + scatter : -1.2 + scatter,
    };
  });
}

let api: Api;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, environment: { POLICY: 'replay' } });
  await api.postEvents(trades(180));
});
afterAll(() => api.close());

const put = async (body: object) =>
  settingsAnswerSchema.parse(
    await (await api.send('PUT', `${PATH}/settings`, { reason: 'a test', ...body })).json(),
  );
const evidence = async () =>
  evidenceAnswerSchema.parse(await (await api.send('GET', `${PATH}/evidence`)).json());
const lessonsPage = async () =>
  lessonsPageSchema.parse(await (await api.send('GET', `/v1/lessons?pattern_key=${S1}`)).json());
const generation = async () =>
  generationsAnswerSchema.parse(await (await api.send('GET', `${PATH}/generations`)).json()).generations[0];

it('[L7] A run warns when the configured payoff lies outside of the interval of the returns', async () => {
  const run = await api.cycle();
  const warning = run.warnings.find(({ code }) => code === 'payoff_contradicted');
  expect(warning).toMatchObject({ pattern_key: S1 });
  expect(warning?.message).toMatch(
    /60 acted successes return 1\.6 \(90 %: \S+ to \S+\) R.*win 2 is configured/,
  );
  expect(warning?.message).toContain('Set payoff to measured');
  expect(await api.status()).toMatchObject({
    warnings: expect.arrayContaining([expect.objectContaining({ code: 'payoff_contradicted' })]),
  });
});

it('Evidence and settings have the measured payoff beside the configured one, with its error', async () => {
  const { payoff, break_even, payoffs } = await evidence();
  expect({ payoff, break_even }).toEqual({ payoff: { win: 2, loss: 1 }, break_even: 1 / 3 });
  expect(payoffs).toMatchObject({ used: 'configured', measured: { win: { n: 60 }, loss: { n: 120 } } });
  expect(payoffs?.measured?.win?.mean).toBeCloseTo(1.6, 9);
  expect(payoffs?.measured?.loss?.error).toBeGreaterThan(0.005);
  expect(payoffs?.measured?.break_even).toBeCloseTo(1.2 / 2.8, 9);
  expect(payoffs?.by_timeframe.map(({ timeframe }) => timeframe)).toEqual(['15m', '1h']);
  expect((await put({ n_min: 33 })).payoffs).toEqual(payoffs);
});

it('The break-even rate stands beside the rates of lessons and what-ifs', async () => {
  expect(await lessonsPage()).toMatchObject({ payoff: { win: 2, loss: 1 }, break_even: 1 / 3 });
  const near = await (await api.send('GET', `/v1/lessons?pattern_key=${S1}&near=true`)).json();
  expect(near).toMatchObject({ break_even: 1 / 3 });
  const body = { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2 };
  const answer = whatIfAnswerSchema.parse(await (await api.send('POST', '/v1/whatif', body)).json());
  expect(answer).toMatchObject({ payoff: { win: 2, loss: 1 }, break_even: 1 / 3 });
});

it('With payoff measured, runs, lessons and what-ifs use the means, and no run warns', async () => {
  expect(await put({ payoff: 'measured' })).toMatchObject({
    payoff: 'measured',
    payoff_fallback: { win: 2, loss: 1 },
  });
  const run = await api.cycle();
  expect(run.warnings.map(({ code }) => code)).not.toContain('payoff_contradicted');
  expect(await generation()).toMatchObject({ generation: 2, payoff: { win: 1.6, loss: 1.2 } });
  expect(await lessonsPage()).toMatchObject({ payoff: { win: 1.6, loss: 1.2 }, break_even: 1.2 / 2.8 });
  expect((await evidence()).payoffs).toMatchObject({ used: 'measured', configured: { win: 2, loss: 1 } });
  const body = { pattern_key: S1, lever: 'ts_min', from: 0.8, to: 1.2 };
  expect(await (await api.send('POST', '/v1/whatif', body)).json()).toMatchObject({
    payoff: { win: 1.6, loss: 1.2 },
  });
  expect((await api.cycle()).patterns[0]).toMatchObject({ status: 'unchanged' });
});

it('[L7] With payoff measured and too few returns the configured payoff stands in, and evidence says so', async () => {
  await api.cycle({ as_of: iso(NOW - 60 * DAY) });
  const { payoff, payoffs } = await evidence();
  expect(payoff).toEqual({ win: 2, loss: 1 });
  expect(payoffs?.reason).toContain('33 of each are needed: the configured payoff of 2:1 stands in');
});

it.each([
  ['mesured', 'payoff', 'must be "measured", or an object with win and loss'],
  [5, 'payoff', 'must be "measured", or an object with win and loss'],
  [{ win: 2 }, 'payoff.loss', 'is required'],
  [{ win: 2, los: 1 }, 'payoff.los', 'did you mean `loss`?'],
])('The setting payoff %j is refused, and the error names the place', async (payoff, path, message) => {
  const response = await api.send('PUT', `${PATH}/settings`, { payoff, reason: 'a test' });
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { path: string; message: string }[] };
  expect(errors[0]?.path).toBe(path);
  expect(errors[0]?.message).toContain(message);
});
