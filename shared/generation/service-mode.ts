import * as z from 'zod';
import { count } from '../validation.ts';
import { changeSchema } from './generation.ts';
import type { Head, Mode } from './head.ts';

/** The mode of the whole service. `off` overrules the mode of every pattern. */
export const serviceModeSchema = z.enum(['live', 'off']);
export type ServiceMode = z.output<typeof serviceModeSchema>;

/** The one switch for everything, as it is stored. */
export const serviceSwitchSchema = z.object({
  /** Number of writes so far: the optimistic lock. */
  version: count.min(1),
  mode: serviceModeSchema,
  last_change: changeSchema,
  /** The last changes of the mode: since when (milliseconds since 1970), and which. Absent in that of an earlier version. */
  history: z.array(z.tuple([z.number(), serviceModeSchema])).optional(),
});
export type ServiceSwitch = z.output<typeof serviceSwitchSchema>;

/** The mode that look-ups of a pattern follow. */
interface ModeInForce {
  readonly mode: Mode;
  /** Present when the service overrules the mode of the pattern. */
  readonly mode_by?: 'service';
}

/** Returns the mode that look-ups follow: that of the service when it is off, else that of the pattern. */
export function modeInForce(head: Head | undefined, service: ServiceMode): ModeInForce {
  return service === 'off' ? { mode: 'off', mode_by: 'service' } : { mode: head?.mode ?? 'live' };
}

/** Returns the head under the switch for everything, which overrules its mode. */
export function underService(head: Head | undefined, service: ServiceMode): Head | undefined {
  return head && { ...head, mode: modeInForce(head, service).mode };
}
