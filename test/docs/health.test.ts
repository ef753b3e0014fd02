import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const codes = [...read('shared/cycle/health.ts').matchAll(/code: '(\w+)'/g)].map(([, code]) => code);
const known = [...new Set(codes)].toSorted();

it('Every reason of an unhealthy status has a section in the runbook, and every section a reason', () => {
  const [, sections = ''] = read('docs/runbook.md').split(/^# Health reasons$/m);
  expect(known.length).toBeGreaterThan(5);
  expect([...sections.matchAll(/^## (\w+)$/gm)].map(([, code]) => code).toSorted()).toEqual(known);
});

it('Every reason of an unhealthy status has a row in the table of the API, and every row a reason', () => {
  const [, table = ''] = read('docs/api.md').split('The service is unhealthy for these reasons.');
  const [rows = ''] = table.split('`last_cycle` is');
  expect([...rows.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code).toSorted()).toEqual(known);
});
