import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCore } from '../src/core.ts';
import { scorer } from '../src/score.ts';
import type { ClientCore } from '../src/served.ts';
import type { Client, ClientOptions } from '../src/types.ts';
import { SnapshotFolder } from './disk/snapshot-folder.ts';
import { offSwitch } from './off-switch.ts';
import type { Receipt, Spool, SpoolOptions, SpoolState } from './spool/spool.ts';
import { openSpool } from './spool/spool.ts';

interface NodeOptions extends ClientOptions {
  /**
   * The folder for snapshots, the spool, and the file `off`. Processes may share it. By default `.pm-tuning-client` in
   * the working folder.
   */
  readonly folder?: string;
  /** A file with the token, in place of `token`. It is read again after a 401. */
  readonly tokenFile?: string;
  /** Limits of the spool. */
  readonly spool?: Pick<SpoolOptions, 'maxBytes' | 'keepDeliveredMs'>;
}

/** A client that also keeps snapshots over a restart, and delivers events and outcomes. */
interface NodeClient extends Client {
  /**
   * Takes an event, in the form of `POST /v1/events`. It does no I/O and never throws. The event is on disk within
   * 100 ms, and with the service as soon as that is there.
   */
  record(event: object): Receipt;
  /** Takes an outcome, in the form of an item of `POST /v1/outcomes`. */
  resolve(outcome: object): Receipt;
  /** Writes everything to disk. @returns true when each item that was taken before is on disk */
  flush(): Promise<boolean>;
  /** Waits until the service has everything. @returns false when it has not after the time; by default 10 s */
  delivered(timeoutMs?: number): Promise<boolean>;
  spoolState(): SpoolState;
  /** Stops polling and delivery, and writes everything to disk. It may be called again. */
  close(): Promise<void>;
}

/** Opens a client with disk and spool. @throws Error for an invalid address or pattern key */
export function open(options: NodeOptions): NodeClient {
  const { core, spool } = openParts(options);
  return {
    thresholds: (pattern, scope, base, lookup) => core.thresholds(pattern, scope, base, lookup),
    state: () => core.state(),
    refresh: () => core.refresh(),
    ready: timeoutMs => core.ready(timeoutMs),
    record: event => spool.record(event),
    resolve: outcome => spool.resolve(outcome),
    flush: () => spool.flush(),
    delivered: (timeoutMs = 10_000) => spool.delivered(timeoutMs),
    spoolState: () => spool.state(),
    close: async () => {
      await spool.close();
      core.close();
    },
  };
}

/**
 * Opens the parts of a client: the edge answers from the one and hands items to the other.
 * @internal
 */
export function openParts(options: NodeOptions): { readonly core: ClientCore; readonly spool: Spool } {
  const { folder = '.pm-tuning-client', tokenFile, spool: limits, ...rest } = options;
  const { warn = (message: string): void => process.emitWarning(message) } = options;
  const core = openCore({
    off: offSwitch(folder),
    scorer,
    sha256: text => createHash('sha256').update(text).digest('hex'),
    ...(tokenFile !== undefined && { token: () => readFile(tokenFile, 'utf8') }),
    ...rest,
    storage:
      options.storage ?? new SnapshotFolder({ folder: join(folder, 'snapshots'), source: options.url, warn }),
  });
  const spool = openSpool({ ...limits, folder: join(folder, 'spool'), service: core.service, warn });
  return { core, spool };
}
