import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { probeWrite, removeProbes } from './write-probe.ts';

/** A data folder that cannot be used; the message is one line for the user. */
export class DataFolderError extends Error {}

/** File that marks a folder with lost records, so that no later start opens it. */
const MARKER = 'DAMAGED';
/** Names of the files of LevelDB, and of the marker. */
const DATA_FILE = /^(CURRENT|LOCK|LOG(\.old)?|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp)|DAMAGED)$/;
/** Maximum milliseconds of the search for damage, which reads a folder before the engine opens it. */
const SCAN_MS = 2000;

/**
 * Checks that a folder can be written and that its data can be read, before the engine opens it.
 * @param path is created when it is missing
 * @throws DataFolderError when the folder cannot be written, is in use, or holds damaged data
 */
export async function checkFolder(path: string): Promise<void> {
  await checkWritable(path);
  if (existsSync(join(path, MARKER))) throw recordsLost(path);
  await checkReadable(path);
  // LevelDB drops records that it cannot read. It reports them in its own log, and only once: the next opening
  // finds no damage.
  const log = await readFile(join(path, 'LOG'), 'utf8');
  if (!/corruption/i.test(log)) return;
  await writeFile(join(path, MARKER), log);
  throw recordsLost(path);
}

async function checkWritable(path: string): Promise<void> {
  try {
    await makeFolder(resolve(path));
    await probeWrite(path, 1);
    await removeProbes(path);
    await makePrivate(path);
  } catch (cause) {
    const reason = errorCode(cause);
    throw new DataFolderError(
      `cannot write to the data folder ${path} (${reason}); choose another with --data`,
      {
        cause,
      },
    );
  }
}

async function checkReadable(path: string): Promise<void> {
  const level = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  try {
    await level.open();
    const deadline = performance.now() + SCAN_MS;
    for await (const _ of level.iterator({ fillCache: false })) if (performance.now() > deadline) break;
    await level.close();
  } catch (cause) {
    await level.close().catch(() => undefined);
    throw openProblem(path, cause);
  }
}

/**
 * Creates a folder and its parents, one by one. A recursive `mkdir` of some Node versions never ends where no folder
 * can be created (/proc).
 */
async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 });
}

/**
 * Takes the rights of other users off the folder and its files, which earlier versions left to the umask. A folder that
 * holds something else than data keeps its own.
 */
async function makePrivate(path: string): Promise<void> {
  const names = await readdir(path);
  if (!names.every(name => DATA_FILE.test(name))) return;
  await chmod(path, 0o700);
  for (const name of names) await chmod(join(path, name), 0o600);
}

function openProblem(path: string, cause: unknown): DataFolderError {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const code = errorCode(inner);
  if (code === 'LEVEL_LOCKED')
    return new DataFolderError(
      `the data folder ${path} is in use by another process; stop it, or start with another folder (--data)`,
      { cause },
    );
  return damaged(path, code, '', cause);
}

function recordsLost(path: string): DataFolderError {
  return damaged(path, 'records were lost', `; to continue without them, remove the file ${MARKER} there`);
}

function damaged(path: string, reason: string, moreAdvice: string, cause?: unknown): DataFolderError {
  const advice = 'restore it from a backup, or start with another folder (--data)';
  return new DataFolderError(`the data folder ${path} is damaged (${reason}); ${advice}${moreAdvice}`, {
    cause,
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
