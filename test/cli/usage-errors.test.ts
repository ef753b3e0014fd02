import { expect, it } from 'vitest';
import { PATTERN } from './support/answers.ts';
import { cli } from './support/run-cli.ts';

it.each([
  [['statu'], '(Did you mean status?)'],
  [[], 'Usage: pm-tuning'],
  [['import'], "missing required argument 'file'"],
  [['mode', PATTERN, 'of', '--reason', 'r'], 'Allowed choices are live, shadow, frozen, off'],
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
  [['lookup', PATTERN, '--resolution', 'best'], 'Allowed choices'],
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
  [['settings', PATTERN, '--win', '2', '--reason', 'r'], '--win and --loss go together'],
  [['status', '--url', 'nowhere'], 'an address such as'],
  [['lessons', PATTERN, '--limit', '1e3'], 'whole number'],
])('The usage error %j ends with exit code 2 before any request', async (argv, message) => {
  const result = await cli(argv);
  expect(result).toMatchObject({ exit: 2, out: '' });
  expect(result.err).toContain(message);
});
