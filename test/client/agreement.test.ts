import { expect, it } from 'vitest';
import type { Mode } from '../../shared/generation/head.ts';
import { leversOf } from '../../shared/lever/lever.ts';
import type { Override, ResolutionMethod } from '../../shared/override/override.ts';
import type { PatternKey } from '../../shared/pattern/pattern-key.ts';
import { override } from '../support/overrides.ts';
import { randomOf } from '../support/random.ts';
import { openClient } from './support/open-client.ts';
import { published, serverAnswer } from './support/snapshots.ts';

const SNAPSHOTS = 200;
const SCOPES = 50;
const METHODS: readonly ResolutionMethod[] = ['blend', 'most-specific', 'product'];
const MODES: readonly Mode[] = ['live', 'live', 'live', 'frozen', 'shadow', 'off'];

it('[K2] The client gives the answers of the service, bit for bit, on 10,000 random pairs of snapshot and scope', async () => {
  const random = randomOf(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const value = () => pick<unknown>(['solana', 'base', 2, '2', 2.5, true, 'true', ' é ', 'é', null, '']);
  const anyScope = (names: readonly string[]) =>
    Object.fromEntries(names.filter(() => random() < 0.6).map(name => [name, value()]));
  const names = ['chain', 'bucket', 'timeframe', 'book', 'constructor', 'toString', 'side', 'z_9'];
  let matches = 0;
  for (let s = 0; s < SNAPSHOTS; s++) {
    const pattern = `pm.uptrend.S${1 + (s % 3)}.entry` as PatternKey;
    const levers = leversOf(pattern);
    const all = new Map<string, Override>();
    for (let i = Math.floor(random() * 60); i > 0; i--) {
      const row = override(pick(levers).category, anyScope(names.slice(0, 5)), 0.5 + 1.5 * random(), {
        confidence: random() || 1,
        n: 33 + Math.floor(random() * 3),
      });
      all.set(`${row.scope_hash} ${row.action_category}`, row);
    }
    const one = published(pattern, [...all.values()], { mode: pick(MODES), resolution: pick(METHODS) });
    const { client } = await openClient([one]);
    for (let q = 0; q < SCOPES; q++) {
      const scope = anyScope(names);
      const base = { ts_min: 0.6, halo_max: -1, slope_min: random() - 0.5, other: 3 };
      const resolution = random() < 0.5 ? undefined : pick(METHODS);
      const expected = serverAnswer(one, scope, base, resolution);
      const answer = client.thresholds(pattern, scope, base, resolution && { resolution });
      expect(answer.thresholds).toStrictEqual(expected.thresholds);
      expect(answer.applied).toStrictEqual(expected.applied);
      expect([answer.generation, answer.mode, answer.entries]).toEqual([1, expected.mode, expected.entries]);
      if (answer.reason === 'MATCH') matches++;
      expect(answer.reason === 'MATCH').toBe(expected.overrides.length > 0);
    }
    client.close();
  }
  expect(matches).toBeGreaterThan(3000);
});
