import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { SpoolDisk } from './disk.ts';

/*
 * Each box has one owner, which alone appends to it. The box of a process that ended is adopted by another one, which
 * renames its folder and delivers it.
 *
 * Nothing is lost when a process is taken for dead by mistake, for example after SIGSTOP: a writer checks after each
 * write that its segment still has its name. If so, whoever renames the folder later reads what was written. If not, the
 * writer writes the same items again into a new box.
 */

const OWNER = 'owner';
/** Time without a sign of life after which the owner counts as dead, milliseconds. */
const SILENT_MS = 60_000;
/** Time between signs of life, milliseconds. */
export const SIGN_OF_LIFE_MS = 10_000;
/** Start times of one process are computed anew, and differ by less. */
const SAME_START_MS = 5000;

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Start of the process, milliseconds since 1970. A container that is started again has the same pid and host. */
  readonly started: number;
}

function thisProcess(): Owner {
  return { pid: process.pid, host: hostname(), started: Math.round(Date.now() - process.uptime() * 1000) };
}

/** Returns a new name for a box. Names of later boxes sort after those of earlier ones. */
export function boxName(): string {
  return `${Date.now().toString(36).padStart(9, '0')}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Creates a box with this process as its owner. @returns its folder. @throws the errors of the file system */
export async function createBox(boxes: string, disk: SpoolDisk): Promise<string> {
  const name = boxName();
  await disk.mkdir(join(boxes, `.${name}`), { recursive: true, mode: 0o700 });
  await signOn(join(boxes, `.${name}`), disk);
  await disk.rename(join(boxes, `.${name}`), join(boxes, name));
  return join(boxes, name);
}

async function signOn(folder: string, disk: SpoolDisk): Promise<void> {
  await disk.writeFile(join(folder, OWNER), JSON.stringify(thisProcess()), { mode: 0o600 });
}

/** Shows other processes that the owner of a box is alive. */
export async function giveSignOfLife(folder: string, disk: SpoolDisk): Promise<void> {
  const now = new Date();
  // A box that was adopted by mistake has no such file; the next write finds that out.
  await disk.utimes(join(folder, OWNER), now, now).catch(() => undefined);
}

/** Returns the folders of all boxes, oldest first. */
export async function listBoxes(boxes: string, disk: SpoolDisk): Promise<string[]> {
  const names = await disk.readdir(boxes).catch((): string[] => []);
  return names
    .filter(name => !name.startsWith('.'))
    .sort()
    .map(name => join(boxes, name));
}

/** Takes over a box whose owner is dead. @returns its new folder; undefined when it is alive, or another was faster */
export async function adoptBox(boxes: string, folder: string, disk: SpoolDisk): Promise<string | undefined> {
  if (!(await isAbandoned(folder, disk))) return undefined;
  // The time of its creation stays at the beginning of the name.
  const [created = ''] = folder.slice(boxes.length + 1).split('-');
  const adopted = join(boxes, `${created}-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await disk.rename(folder, adopted);
    await signOn(adopted, disk);
    return adopted;
  } catch {
    return undefined;
  }
}

/** Reports whether the owner of a box is dead. */
async function isAbandoned(folder: string, disk: SpoolDisk): Promise<boolean> {
  const path = join(folder, OWNER);
  try {
    const [text, { mtimeMs }] = await Promise.all([disk.readFile(path), disk.stat(path)]);
    const isSilent = Math.abs(Date.now() - mtimeMs) > SILENT_MS;
    return isSilent || hasEnded(JSON.parse(text.toString('utf8')) as Owner);
  } catch {
    // A box without a readable owner is nobody's: its owner signed off. A folder that is gone has another owner by now.
    return disk.stat(folder).then(
      () => true,
      () => false,
    );
  }
}

/** Gives a box up, so that another process, or this one, delivers the rest. */
export async function signOff(folder: string, disk: SpoolDisk): Promise<void> {
  await disk.unlink(join(folder, OWNER)).catch(() => undefined);
}

function hasEnded({ pid, host, started }: Owner): boolean {
  const self = thisProcess();
  if (host !== self.host) return false;
  if (pid === self.pid) return Math.abs(started - self.started) > SAME_START_MS;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
