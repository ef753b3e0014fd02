import { expect, it } from 'vitest';
import { openCore } from '../../client/src/core.ts';
import type { ClientCore } from '../../client/src/served.ts';
import { sha256 } from '../../shared/hash.ts';
import { S1 } from '../support/episodes.ts';
import { override } from '../support/overrides.ts';
import { randomOf } from '../support/random.ts';
import { FakeClock } from './support/fake-clock.ts';
import { answerOf, FakeService } from './support/fake-service.ts';
import { published } from './support/snapshots.ts';

const CLIENTS = 100;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Requests a second of all clients, on average. */
const MEAN = CLIENTS / 15;

/** Opens clients, one after the other over one interval between polls, as a fleet is deployed. */
async function openFleet() {
  const clock = new FakeClock();
  const service = new FakeService(() => clock.monotonic());
  service.published = [published(S1, [override('tuning_ts_min', {}, 0.9)])];
  const random = randomOf(11);
  const clients: ClientCore[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    clients.push(
      openCore({
        url: 'http://service.example',
        fetch: service.fetch,
        clock,
        random,
        sha256,
        warn: () => undefined,
        off: () => false,
      }),
    );
    await clock.advance((15 * SECOND) / CLIENTS);
  }
  return { clock, service, close: () => clients.map(client => client.close()) };
}

/** Returns the most requests of one second. */
function peak({ received }: FakeService): number {
  const perSecond = Map.groupBy(received, ({ at }) => Math.floor(at / SECOND));
  return Math.max(...[...perSecond.values()].map(({ length }) => length));
}

it('[K12] In ten minutes of 100 clients no second has more than three times the mean of requests', async () => {
  const { clock, service, close } = await openFleet();
  service.received.length = 0;
  await clock.advance(10 * MINUTE);
  expect(service.received.length / 600).toBeGreaterThan(0.9 * MEAN);
  expect(peak(service)).toBeLessThanOrEqual(3 * MEAN);
  close();
});

it.each([
  ['a failure', () => answerOf(500)],
  ['an answer 429 with Retry-After', () => answerOf(429, '', { 'retry-after': '60' })],
])(
  '[K13] During and after an outage with %s no second has more than three times the mean',
  async (_, bad) => {
    const { clock, service, close } = await openFleet();
    await clock.advance(MINUTE);
    service.received.length = 0;
    service.instead = bad;
    await clock.advance(4 * MINUTE);
    expect(peak(service)).toBeLessThanOrEqual(3 * MEAN);
    service.instead = () => undefined;
    service.received.length = 0;
    await clock.advance(10 * MINUTE);
    expect(service.received.filter(({ at }) => at > 11 * MINUTE).length / 240).toBeGreaterThan(0.9 * MEAN);
    expect(peak(service)).toBeLessThanOrEqual(3 * MEAN);
    close();
  },
);
