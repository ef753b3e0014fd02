import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Listening, listen } from '../../local/http-server.ts';
import type { Api } from '../support/api.ts';
import { openApi } from '../support/api.ts';
import { eventBody, NOW, S1 } from '../support/episodes.ts';
import { cli } from './support/run-cli.ts';

const MISSPELT = 'pm.uptrnd.S1.entry';

let api: Api;
let server: Listening;
beforeAll(async () => {
  api = await openApi({ now: () => NOW });
  await api.postEvents([eventBody('known')]);
  server = await listen(api.service.app, 0);
});
afterAll(async () => {
  await server.close();
  await api.close();
});

it.each([
  ['lessons', []],
  ['lessons', ['--near']],
  ['overrides', []],
  ['evidence', []],
  ['nmin', []],
  ['history', []],
  ['whatif', ['--lever', 'ts_min', '--from', '0.8', '--to', '1.2']],
  ['mode', ['off', '--reason', 'test']],
  ['settings', ['--n-min', '20', '--reason', 'test']],
  ['rollback', ['1', '--reason', 'test']],
])(
  '[V6] %s of a pattern that no event named ends with exit code 4 and the near pattern',
  async (name, more) => {
    const result = await cli([name, MISSPELT, ...more, '--url', `http://127.0.0.1:${server.port}`]);
    expect(result).toMatchObject({
      exit: 4,
      out: '',
      err: `error: unknown_pattern (404): no event named ${MISSPELT}; did you mean ${S1}?\n`,
    });
  },
);

it('[V6] cycle of a pattern that no event named starts nothing and ends with exit code 4', async () => {
  const url = `http://127.0.0.1:${server.port}`;
  const result = await cli(['cycle', '--pattern', MISSPELT, '--url', url]);
  expect(result).toMatchObject({ exit: 4, err: expect.stringContaining(`did you mean ${S1}?`) });
  expect((await api.status()).last_cycle).toBeNull();
});
