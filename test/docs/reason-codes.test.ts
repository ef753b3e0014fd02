import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reasonCodeSchema } from '../../shared/reason.ts';

it('The table of reasons in the API page lists every reason code once, and no other', () => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('## Reasons'), page.indexOf('## Errors'));
  const cells = [...section.matchAll(/^\| (`[^|]+) \| [^|]+ \| [^|]+ \|$/gm)].map(([, cell = '']) => cell);
  const codes = cells.flatMap(cell => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, code = '']) => code));
  expect(codes.toSorted()).toEqual(reasonCodeSchema.options.toSorted());
});
