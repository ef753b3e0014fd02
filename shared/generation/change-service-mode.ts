import { Fault } from '../errors.ts';
import type { Change } from './generation.ts';
import type { GenerationStores } from './ports.ts';
import type { ServiceMode, ServiceSwitch } from './service-mode.ts';

/** Changes of the mode that the switch keeps. Operators make them by hand, so they reach back for years. */
const KEPT_CHANGES = 200;

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
    const before = await heads.serviceSwitch();
    const version = (before?.version ?? 0) + 1;
    const next: ServiceSwitch = { version, mode, last_change, history: historyWith(before, mode, now()) };
    if (await heads.replaceServiceSwitch(next)) return next;
  }
  throw new Fault('head_changed', 'others changed the mode of the service at the same time: try again');
}

/** Returns the history of the modes with the next one. It is written with the switch by one write, so it is exact. */
function historyWith(
  before: ServiceSwitch | undefined,
  mode: ServiceMode,
  now: number,
): NonNullable<ServiceSwitch['history']> {
  const first = before ? [[Date.parse(before.last_change.at), before.mode] as [number, ServiceMode]] : [];
  const history = before?.history ?? first;
  if (mode === (before?.mode ?? 'live')) return history;
  return [...history, [now, mode] as [number, ServiceMode]].slice(-KEPT_CHANGES);
}
