import { openCore } from './core.ts';
import type { Client, ClientOptions } from './types.ts';

/** Opens a client, which polls by itself until `close`. @throws Error for an invalid address or pattern key */
export function open(options: ClientOptions): Client {
  return openCore(options);
}
