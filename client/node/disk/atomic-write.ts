import { randomBytes } from 'node:crypto';
import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A temporary file of a process that was killed is deleted after this time, milliseconds. */
const ABANDONED_MS = 10 * 60_000;
const TEMPORARY = /\.tmp$/;

/**
 * Writes a file so that readers see the old content or the new one, and never a part: a new file in the same folder,
 * fsync, rename.
 * @throws the errors of the file system
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** Deletes the temporary files of processes that were killed in the middle of a write. */
export async function deleteAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const modifiedAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.NaN,
    );
    if (Date.now() - modifiedAt > ABANDONED_MS) await unlink(path).catch(() => undefined);
  }
}
