import { expect, it } from 'vitest';
import { PATTERN } from './support/answers.ts';
import { cli } from './support/run-cli.ts';

it.each([
  [['statu'], '(Did you mean status?)'],
  [[], 'Usage: pm-tuning'],
  [['import'], "missing required argument 'file'"],
  [['lookup', PATTERN, '--scop', 'chain=x'], '(Did you mean --scope?)'],
  [
    ['mode', PATTERN, 'frosen', '--reason', 'r'],
    'must be one of: live, shadow, frozen, off, retired; did you mean `frozen`?',
  ],
  [['mode', PATTERN, 'x', '--reason', 'r'], 'It must be one of: live, shadow, frozen, off, retired.'],
  [['mode', PATTERN, 'off'], "required option '--reason <text>'"],
  [['rollback', PATTERN, '0', '--reason', 'r'], 'whole number of at least 1'],
  [['cycle', '--as-of', 'tuesday'], 'RFC 3339'],
  [['cycle', '--as-of', '2025-02-40'], 'RFC 3339'],
  [['cycle', '--id', 'c1', '--n-min', '3'], 'cannot be used with'],
  [['cycle', '--id', 'c1', '--publish'], 'cannot be used with'],
  [['cycle', '--trial', '--publish'], 'cannot be used with'],
  [['changes', '--from', 'tuesday'], 'RFC 3339'],
  [['lookup', PATTERN, '--scope', 'chain'], '"chain" is not name=value'],
  [['lookup', PATTERN, '--scope', '{oops'], 'JSON object'],
  [['lookup', PATTERN, '--threshold', 'ts_min=high'], '"high" is not a number'],
  [['lookup', PATTERN, '--resolution', 'blendd'], 'did you mean `blend`?'],
  [['import', 'x.jsonl', '--format', 'jsn'], 'must be one of: json, jsonl, csv; did you mean `json`?'],
  [['settings', PATTERN, '--reset', 'n_mins', '--reason', 'r'], 'did you mean `n_min`?'],
  [['settings', PATTERN, '--reset', 'n-min', '--n-min', '3', '--reason', 'r'], 'n_min is both set and reset'],
  [['whatif', PATTERN, '--from', '0.8', '--to', '1.2'], "required option '--lever <name>'"],
  [['whatif', PATTERN, '--lever', 'ts_min', '--from', 'low', '--to', '1'], 'It must be a number'],
  [['whatif', PATTERN, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--points', '1'], 'at least 2'],
  [['whatif', PATTERN, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--win', '3'], 'go together'],
  [
    ['whatif', PATTERN, '--lever', 'x', '--from', '0.8', '--to', '1', '--scope', '{"a":{}}'],
    'a must be a text',
  ],
  [['history', PATTERN, '--diff', '6'], 'two generation numbers'],
  [['settings', PATTERN, '--reason', 'r'], 'nothing to set'],
  [['settings', PATTERN, '--n-min', '9'], 'add --reason TEXT'],
  [['off'], "required option '--reason <text>'"],
  [['live'], "required option '--reason <text>'"],
  [['events', PATTERN, '--from', 'tuesday'], 'RFC 3339'],
  [['events'], "missing required argument 'pattern'"],
  [['settings', PATTERN, '--win', '2', '--reason', 'r'], '--win and --loss go together'],
  [['status', '--url', 'nowhere'], 'an address such as'],
  [['lessons', PATTERN, '--limit', '1e3'], 'whole number'],
])('The usage error %j ends with exit code 2 before any request', async (argv, message) => {
  const result = await cli(argv);
  expect(result).toMatchObject({ exit: 2, out: '' });
  expect(result.err).toContain(message);
});

it.each(['http://user:secret@127.0.0.1', 'http://:secret@127.0.0.1'])(
  '[A6] The password of an address that is refused is not printed: %s',
  async url => {
    const { exit, err } = await cli(['status', '--url', url]);
    expect([exit, err]).toEqual([2, expect.stringContaining(':***@127.0.0.1')]);
    expect(err).not.toContain('secret');
  },
);

it.each([
  [['statu', '--json'], 2, 'Did you mean status?'],
  [['lookup', PATTERN, '--scope', 'chain', '--json'], 2, 'is not name=value'],
  [['settings', PATTERN, '--json', '--win', '2', '--reason', 'r'], 2, '--win and --loss go together'],
  [['status', '--json', '--url', 'http://127.0.0.1:1'], 3, 'http://127.0.0.1:1'],
])('With --json the error of %j is JSON on stdout, and nothing else is printed', async (argv, exit, text) => {
  const result = await cli(argv);
  expect(result).toMatchObject({ exit, err: '' });
  expect(JSON.parse(result.out)).toMatchObject({ error: { exit, detail: expect.stringContaining(text) } });
});
