import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the kill switch of a process, which needs no service: the file `off` in the folder, or `PM_TUNING_OFF=1` in
 * the environment. While it is on, answers are neutral.
 */
export function offSwitch(folder: string): () => boolean {
  const path = join(folder, 'off');
  return () => process.env.PM_TUNING_OFF === '1' || statSync(path, { throwIfNoEntry: false }) !== undefined;
}
