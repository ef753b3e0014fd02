import { mkdirSync, readdirSync, readFileSync, renameSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotStorage, StoredDocument } from '../../src/ports.ts';
import { deleteAbandoned, writeAtomically } from './atomic-write.ts';
import { decodeFile, encodeFile, fileName, sha256 } from './snapshot-file.ts';

interface FolderOptions {
  /** The folder of all services. */
  readonly folder: string;
  /** Address of the service. The documents of each service have a folder of their own. */
  readonly source: string;
  /** Takes a warning, once, when the folder cannot be written. */
  readonly warn: (message: string) => void;
}

const SNAPSHOT = /\.snapshot$/;
const CONTACT = '.contact';

/**
 * Keeps snapshots in a folder, one file each. Processes may share it: a file is replaced as a whole, and each process
 * takes what another one wrote. No method throws or rejects.
 */
export class SnapshotFolder implements SnapshotStorage {
  readonly #folder: string;
  readonly #onFailure: (message: string) => void;
  /** The version of each file that was read or written, by name. */
  readonly #seen = new Map<string, string>();
  #warned = false;

  constructor({ folder, source, warn }: FolderOptions) {
    this.#folder = join(folder, sha256(source).slice(0, 16));
    this.#onFailure = warn;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      this.#warn(error);
    }
    void deleteAbandoned(this.#folder);
  }

  load(): readonly StoredDocument[] {
    return this.#readNew();
  }

  async newer(): Promise<readonly StoredDocument[]> {
    return this.#readNew();
  }

  async save(document: StoredDocument): Promise<void> {
    const name = fileName(document.key);
    const path = join(this.#folder, name);
    try {
      await writeAtomically(path, encodeFile(document));
      // Another process may have replaced the file since; then the index that it wrote leads here again.
      this.#seen.set(name, versionOf(statSync(path)));
    } catch (error) {
      this.#warn(error);
    }
  }

  async touch(key: string, contactAt: number): Promise<void> {
    try {
      await writeAtomically(join(this.#folder, `${fileName(key)}${CONTACT}`), String(contactAt));
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Reads the files that differ from those that were seen. */
  #readNew(): StoredDocument[] {
    return listFiles(this.#folder).flatMap(name => this.#readFile(name) ?? []);
  }

  #readFile(name: string): StoredDocument | undefined {
    const path = join(this.#folder, name);
    let version = '';
    try {
      version = versionOf(statSync(path));
      if (this.#seen.get(name) === version) return undefined;
      this.#seen.set(name, version);
      const document = decodeFile(readFileSync(path, 'utf8'));
      if (document && name === fileName(document.key))
        return { ...document, contactAt: this.#contactOf(name, document.contactAt) };
      setAside(path, version);
    } catch {
      // A folder in place of the file has no content that can be read.
      setAside(path, version);
    }
    return undefined;
  }

  /** Returns the time of the last contact. A time in the future, after a change of the clock, does not count. */
  #contactOf(name: string, saved: number): number {
    try {
      const contact = Number(readFileSync(join(this.#folder, `${name}${CONTACT}`), 'utf8'));
      return contact <= Date.now() ? Math.max(saved, contact) : saved;
    } catch {
      return saved;
    }
  }

  /** Warns once. */
  #warn(error: unknown): void {
    if (this.#warned) return;
    this.#warned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#onFailure(
      `snapshots cannot be kept in ${this.#folder} (${reason}): look-ups go on from memory; make room or rights`,
    );
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => SNAPSHOT.test(name));
  } catch {
    return [];
  }
}

function versionOf({ ino, mtimeMs, size }: Stats): string {
  return `${ino} ${mtimeMs} ${size}`;
}

/** Renames a file that cannot be read, unless another process has replaced it meanwhile. */
function setAside(path: string, version: string): void {
  try {
    if (versionOf(statSync(path)) === version) renameSync(path, `${path}.aside`);
  } catch {
    // It stays where it is, and is passed over.
  }
}
