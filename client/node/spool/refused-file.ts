import { join } from 'node:path';
import type { SpoolDisk } from './disk.ts';
import type { RefusedItem } from './send.ts';

const NAME = 'rejected.jsonl';
/** A file of more bytes becomes `rejected.1.jsonl`, which replaces the one before. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Appends items that the service refused to `rejected.jsonl`, one a line, with the reason. The lines of events have the
 * form of `pm-tuning import`, so that a corrected file can be imported.
 * @throws the errors of the file system
 */
export async function keepRefused(
  folder: string,
  refused: readonly RefusedItem[],
  disk: SpoolDisk,
): Promise<void> {
  if (refused.length === 0) return;
  const path = join(folder, NAME);
  const size = await disk.stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > MAX_BYTES) await disk.rename(path, join(folder, 'rejected.1.jsonl'));
  const lines = refused.map(({ item, code, detail }, i) => {
    const reason = JSON.stringify({ file: 'spool', line: i + 1, code, detail }).slice(0, -1);
    return `${reason},${JSON.stringify(item.kind)}:${item.text}}\n`;
  });
  const handle = await disk.open(path, 'a', 0o600);
  try {
    await handle.appendFile(lines.join(''));
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
