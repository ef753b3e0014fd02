import { Fault } from '../errors.ts';
import type { Change } from './generation.ts';
import type { GenerationStores } from './ports.ts';
import type { ServiceMode, ServiceSwitch } from './service-mode.ts';

/** Attempts at the conditional write of the switch, which fails when another operator writes it in between. */
const ATTEMPTS = 8;

/**
 * Sets the switch for everything. Look-ups use it as soon as the promise resolves. The list of changes is written first,
 * so that no change can happen without an entry in it.
 * @throws Fault `head_changed` when other writers keep changing the switch
 */
export async function setServiceMode(
  { heads, changes, now }: Pick<GenerationStores, 'heads' | 'changes' | 'now'>,
  mode: ServiceMode,
  { who, why }: { readonly who: string; readonly why: string },
): Promise<ServiceSwitch> {
  const at = new Date(now()).toISOString();
  const last_change: Change = { who, at, what: 'mode', why: `service ${mode}: ${why}` };
  await changes.listOfService(last_change);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const version = ((await heads.serviceSwitch())?.version ?? 0) + 1;
    const next: ServiceSwitch = { version, mode, last_change };
    if (await heads.replaceServiceSwitch(next)) return next;
  }
  throw new Fault('head_changed', 'others changed the mode of the service at the same time: try again');
}
