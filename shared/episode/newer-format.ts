import { Fault } from '../errors.ts';

/**
 * Returns the fault of a stored event or outcome whose format is newer than this code reads. Its code is that of a
 * damaged event, because a damaged byte can look like a newer version: a run lists the event, and publishes nothing.
 * @param what what was read, for example `a packed event`
 * @param found version of its format
 * @param known newest version that this code reads
 */
export function newerFormat(what: string, found: number, known: number): Fault {
  return new Fault(
    'damaged_event',
    `${what} was written by a newer version of this service (format ${found}; this version reads up to ${known}); ` +
      'update the service',
  );
}
