import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature, type ProviderMetadata } from '@openfeature/server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, listen } from '../../local/http-server.ts';
import { leversOf } from '../../shared/lever/lever.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { openApi } from '../support/api.ts';
import { DynamoDbProxy, errorAnswer } from '../support/dynamodb-proxy.ts';
import { NOW, S1, S2 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { putInForce } from '../support/put-in-force.ts';
import { pythonWithProvider } from './python-with-provider.ts';

/* These tests evaluate flags with the published providers: that of npm, and that of PyPI where it can be imported. */

const S3 = 'pm.uptrend.S3.retest' as PatternKey;
const PATTERNS = [S1, S2, S3] as const;
const MATCHED = { targetingKey: 'e-1', chain: 'solana' };
const NEUTRAL = { chain: 'base', depth: 2.5, open: true };

const proxy = new DynamoDbProxy();
let api: Awaited<ReturnType<typeof openApi>>;
let server: Listening;
let url: string;
beforeAll(async () => {
  api = await openApi({ now: () => NOW, changeClientSettings: proxy.settings });
  server = await listen(api.service.app, 0);
  url = `http://127.0.0.1:${server.port}`;
  for (const pattern of PATTERNS) {
    const rows = leversOf(pattern).map(({ category, effect }, i) =>
      effect === 'delta'
        ? { ...override(category, { chain: 'solana' }, 1), multiplier: undefined, delta: 0.0001 * (i + 1) }
        : override(category, { chain: 'solana' }, 0.9 + i / 100),
    );
    await putInForce(api.service.runtime, pattern, rows as never, 'product');
  }
});
afterAll(async () => {
  await server.close();
  await api.close();
});

interface Case {
  readonly kind: 'float' | 'object';
  readonly key: string;
  readonly context: Readonly<Record<string, string | number | boolean>>;
  readonly value: unknown;
  readonly reason: string;
}

/** Returns the flags of every lever in a scope, with the values that a look-up gives. */
async function casesOf(context: Case['context'], reason: string): Promise<Case[]> {
  const { targetingKey: _, ...scope } = context;
  const cases: Case[] = [];
  for (const pattern of PATTERNS) {
    const { overrides, applied } = await api.lookup({ pattern_key: pattern, scope });
    const { multipliers = {}, deltas = {} } = applied as Record<string, object>;
    const value = { multipliers, deltas, entries: 'open' };
    const matched = overrides.length > 0 ? 'TARGETING_MATCH' : reason;
    cases.push({ kind: 'object', key: pattern, context, value, reason: matched });
    for (const { category, thresholds } of leversOf(pattern)) {
      const found = overrides.find(o => o.action_category === category);
      const of = (suffix: string, value: number | undefined, neutral: number): Case => ({
        kind: 'float',
        key: `${pattern}.${thresholds[0]}${suffix}`,
        context,
        value: value ?? neutral,
        reason: value === undefined ? reason : 'TARGETING_MATCH',
      });
      cases.push(of('', found?.multiplier, 1), of('.delta', found?.delta, 0));
    }
  }
  return cases;
}

/** Runs a check in each situation that changes the reason of a flag. */
async function inEverySituation(check: (cases: readonly Case[]) => Promise<void>): Promise<void> {
  const off = (mode: string) => api.send('PUT', '/v1/mode', { mode, reason: 'a test' });
  const modes = (mode: string) =>
    Promise.all(
      PATTERNS.map(pattern => api.send('PUT', `/v1/patterns/${pattern}/mode`, { mode, reason: 'a test' })),
    );
  await check([...(await casesOf(MATCHED, 'STATIC')), ...(await casesOf(NEUTRAL, 'STATIC'))]);
  await modes('shadow');
  await check(await casesOf(MATCHED, 'DISABLED'));
  await modes('live');
  await off('off');
  await check(await casesOf(MATCHED, 'DISABLED'));
  await off('live');
  proxy.around = async () => errorAnswer('ServiceUnavailable');
  await check(await casesOf(MATCHED, 'UNKNOWN'));
  proxy.around = (_, forward) => forward();
}

describe('the provider for JavaScript', () => {
  it('[V14] Every flag is read without an error, with the value of the look-up', async () => {
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: url }));
    const client = OpenFeature.getClient();
    const named: ProviderMetadata = client.metadata.providerMetadata;
    expect(named.name).toMatch(/OpenFeature Remote Evaluation Protocol/);
    await inEverySituation(async cases => {
      for (const { kind, key, context, value, reason } of cases) {
        const details =
          kind === 'float'
            ? await client.getNumberDetails(key, -1, context)
            : await client.getObjectDetails(key, {}, context);
        const { errorCode } = details;
        expect({ key, value: details.value, reason: details.reason, errorCode }).toEqual({
          key,
          value,
          reason,
          errorCode: undefined,
        });
      }
    });
    const unknown = await client.getNumberDetails(`${S1}.ts_mn`, 1);
    expect(unknown).toMatchObject({ value: 1, errorCode: 'FLAG_NOT_FOUND' });
    await OpenFeature.close();
  });
});

describe('the provider for Python', () => {
  it.skipIf(pythonWithProvider === undefined)(
    '[V14] Every flag is read without an error, with the value of the look-up as a float',
    async () => {
      await inEverySituation(async cases => {
        const lines = await evaluateInPython(cases);
        expect(lines).toEqual(
          cases.map(({ kind, value, reason }) =>
            expect.objectContaining({
              value,
              reason,
              type: kind === 'float' ? 'float' : 'dict',
              error: null,
            }),
          ),
        );
      });
    },
  );
});

/** Runs the script without blocking, because this process serves its requests. */
async function evaluateInPython(cases: readonly Case[]): Promise<unknown[]> {
  const child = spawn(String(pythonWithProvider), [fileURLToPath(new URL('provider.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(
    JSON.stringify({ url, cases: cases.map(({ kind, key, context }) => [kind, key, context]) }),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
}
