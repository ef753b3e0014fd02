import { Fault, faultCode } from '../errors.ts';

/** How many damaged events a reason names. */
const NAMED = 5;
/** Of an id in a reason, so many characters. */
const ID_LENGTH = 64;

/** Events of a window that cannot be read: all of it is read, so that an operator learns of each at once. */
export class DamagedEvents {
  readonly #named: string[] = [];
  #count = 0;

  /** Notes an event that could not be read. @throws what is no damage */
  note(episodeId: string, error: unknown): void {
    if (faultCode(error) !== 'damaged_event') throw error;
    this.#count++;
    if (this.#named.length < NAMED) this.#named.push(JSON.stringify(episodeId.slice(0, ID_LENGTH)));
  }

  /** @throws Fault `damaged_event` that names the first of them and says how many there are */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count > NAMED ? ` and ${this.#count - NAMED} more` : '';
    throw new Fault('damaged_event', `${this.#count} damaged: ${this.#named.join(', ')}${more}`);
  }
}
