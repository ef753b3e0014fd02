import { expect, it } from 'vitest';
import { guardedWorlds } from '../../bench/guard/worlds.ts';
import { WORLDS } from '../../bench/policy/worlds.ts';

it('In a world whose base is too loose, the guard stops drift and leaves replay alone', () => {
  const loose = WORLDS.filter(({ name }) => name === 'loose').map(world => ({ ...world, days: 80 }));
  const lines: string[] = [];
  guardedWorlds(loose, 1, Number.POSITIVE_INFINITY, line => lines.push(line));
  const cellsOf = (policy: string) =>
    lines.find(line => line.includes(`loose               ${policy}`))?.split(/ +/) ?? [];
  const [, , alone = '', guarded = '', , stopped] = cellsOf('drift');
  expect(stopped).toBe('1/1');
  const harm = (cell: string): number => Number(cell.replace('−', '-'));
  expect(harm(guarded)).toBeGreaterThan(harm(alone) / 2);
  expect(cellsOf('replay')[5]).toBe('0/1');
});
