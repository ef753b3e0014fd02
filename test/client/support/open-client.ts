import { createHash } from 'node:crypto';
import { openCore } from '../../../client/src/core.ts';
import type { ClientOptions } from '../../../client/src/types.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeService } from './fake-service.ts';
import type { Published } from './snapshots.ts';

/** Opens a client on a fake service and a fake clock, with random numbers in the middle of their range. */
export async function openClient(all: readonly Published[], options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock();
  const service = new FakeService(() => clock.monotonic());
  service.published = all;
  const warnings: string[] = [];
  const client = openCore({
    url: 'http://service.example/',
    fetch: service.fetch,
    clock,
    random: () => 0.5,
    sha256: text => createHash('sha256').update(text).digest('hex'),
    warn: message => void warnings.push(message),
    off: () => false,
    ...options,
  });
  await clock.advance(0);
  return { client, clock, service, warnings };
}
