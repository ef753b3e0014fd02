import { expect, it } from 'vitest';
import { P } from './support/answers.ts';
import { cli } from './support/run-cli.ts';

it.each([
  [['statu'], '(Did you mean status?)'],
  [[], 'Usage: pm-tuning'],
  [['import'], "missing required argument 'file'"],
  [['mode', P, 'of', '--reason', 'r'], 'Allowed choices are live, shadow, frozen, off'],
  [['mode', P, 'off'], "required option '--reason <text>'"],
  [['rollback', P, '0', '--reason', 'r'], 'whole number of at least 1'],
  [['cycle', '--as-of', 'tuesday'], 'RFC 3339'],
  [['cycle', '--as-of', '2025-02-40'], 'RFC 3339'],
  [['cycle', '--id', 'c1', '--n-min', '3'], 'cannot be used with'],
  [['lookup', P, '--scope', 'chain'], '"chain" is not name=value'],
  [['lookup', P, '--scope', '{oops'], 'JSON object'],
  [['lookup', P, '--threshold', 'ts_min=high'], '"high" is not a number'],
  [['lookup', P, '--resolution', 'best'], 'Allowed choices'],
  [['whatif', P, '--from', '0.8', '--to', '1.2'], "required option '--lever <name>'"],
  [['whatif', P, '--lever', 'ts_min', '--from', 'low', '--to', '1'], 'It must be a number'],
  [['whatif', P, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--points', '1'], 'at least 2'],
  [['whatif', P, '--lever', 'ts_min', '--from', '0.8', '--to', '1', '--win', '3'], 'go together'],
  [['whatif', P, '--lever', 'x', '--from', '0.8', '--to', '1', '--scope', '{"a":{}}'], 'a must be a text'],
  [['history', P, '--diff', '6'], 'two generation numbers'],
  [['settings', P, '--reason', 'r'], 'nothing to set'],
  [['settings', P, '--win', '2', '--reason', 'r'], '--win and --loss go together'],
  [['status', '--url', 'nowhere'], 'an address such as'],
  [['lessons', P, '--limit', '1e3'], 'whole number'],
])('The usage error %j ends with exit code 2 before any request', async (argv, message) => {
  const result = await cli(argv);
  expect(result).toMatchObject({ exit: 2, out: '' });
  expect(result.err).toContain(message);
});
