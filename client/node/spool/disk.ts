import * as fs from 'node:fs/promises';

/** The part of `node:fs/promises` that the spool uses; tests put faults in its place. */
export type SpoolDisk = Pick<
  typeof fs,
  | 'mkdir'
  | 'open'
  | 'readFile'
  | 'writeFile'
  | 'readdir'
  | 'rename'
  | 'rm'
  | 'rmdir'
  | 'stat'
  | 'unlink'
  | 'utimes'
>;

export const realDisk: SpoolDisk = fs;

/** Returns the code of an error of the file system, such as `ENOSPC`; otherwise its message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
