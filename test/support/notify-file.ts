import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes a file of notification targets: `ops`, at a port where nothing listens. @returns options of a service */
export function unreachableTarget(): { readonly file: string; readonly folder: undefined } {
  const file = join(mkdtempSync(join(tmpdir(), 'notify-')), 'notify.json');
  const ops = { type: 'slack', url: 'http://127.0.0.1:9/hook' };
  writeFileSync(file, JSON.stringify({ targets: { ops } }), { mode: 0o600 });
  return { file, folder: undefined };
}
