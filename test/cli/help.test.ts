import { expect, it } from 'vitest';
import { cli } from './support/run-cli.ts';

const COMMANDS =
  'import cycle status lessons overrides lookup whatif evidence guard nmin history mode rollback settings profile off live events cycles doctor parked export ui'.split(
    ' ',
  );

it('pm-tuning --help lists the commands and the exit codes', async () => {
  const result = await cli(['--help']);
  expect(result.exit).toBe(0);
  for (const command of COMMANDS) expect(result.out).toContain(`\n  ${command} `);
  expect(result.out).toContain('3    the service cannot be reached');
});

it.each(COMMANDS)('pm-tuning %s --help has an example', async command => {
  const result = await cli([command, '--help']);
  expect(result).toMatchObject({ exit: 0, err: '' });
  expect(result.out).toContain(`pm-tuning ${command} `);
});

it.each(['', ...COMMANDS])(
  'pm-tuning %s --help fits a terminal of 80 columns, except for the example commands',
  async command => {
    const result = await cli([command, '--help'].filter(Boolean), { columns: 80 });
    const text = result.out.split('\n').filter(line => !/^ {2}\$ |^ {6}--/.test(line));
    for (const line of text) expect(line.length).toBeLessThanOrEqual(80);
  },
);
