import { Fault } from '../errors.ts';

/**
 * Returns the fault of a stored event or outcome whose format is newer than this code reads. Its code is that of a
 * damaged event, because a damaged byte can look like a newer version. A run lists such an event and publishes nothing.
 * @param subject names the data in the message, for example `a packed event`
 * @param found version of its format
 * @param known newest version that this code reads
 */
export function newerFormat(subject: string, found: number, known: number): Fault {
  return new Fault(
    'damaged_event',
    `${subject} was written by a newer version of this service (format ${found}; this version reads up to ${known}); ` +
      'update the service',
  );
}
