import { randomUUID } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PROBE = /^\.writable-[0-9a-f-]{36}$/;

/**
 * Writes a file to a folder and removes it. Its name is new, so that no existing file or link is written to.
 * @throws the error of the file system, such as ENOSPC or EROFS
 */
export async function probeWrite(folder: string, bytes: number): Promise<void> {
  const path = join(folder, `.writable-${randomUUID()}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(Buffer.alloc(bytes));
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** Removes files that an end of the process left behind. */
export async function removeProbes(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (PROBE.test(name)) await rm(join(folder, name), { force: true });
}
