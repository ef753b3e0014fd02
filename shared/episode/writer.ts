import { Fault } from '../errors.ts';

/** A caller who sends events or outcomes. */
export interface Sender {
  /** Kind and name, such as `token:bot 1`; `local` where nothing authenticates callers. */
  readonly name: string;
  /** An operator, or `local`: may send the outcome of any event, and events of it belong to nobody. */
  readonly isOperator: boolean;
}

/** The caller of a service that authenticates nobody. */
export const LOCAL: Sender = { name: 'local', isOperator: true };

/** The writer of an event or of an outcome, as it is stored. */
export interface Writer {
  /** Number that stands for the name, from 1 to 2^32 − 1; see `WriterStore`. */
  readonly id: number;
  readonly isOperator: boolean;
}

/** The writer number of a row that was stored before writers were kept. */
export const NO_WRITER_ID = 0;

/** The port of the store that knows the writers. */
export interface WriterStore {
  /** Returns the number of a name; the first call with a name registers it. No two names have one number. */
  idOf(name: string): Promise<number>;
  /** Lists every writer, sorted by name. */
  writers(): Promise<readonly RegisteredWriter[]>;
  /** Sets or ends the exclusion of a registered writer; the last call counts. */
  setExclusion(writer: RegisteredWriter, excluded: Exclusion | undefined): Promise<void>;
}

export interface RegisteredWriter {
  readonly id: number;
  readonly name: string;
  /** Time of its first request, milliseconds since 1970. */
  readonly since: number;
  /** Present while runs leave its events out. */
  readonly excluded?: Exclusion;
}

/** Who excluded a writer, when and why. */
export interface Exclusion {
  readonly who: string;
  /** RFC 3339 in UTC. */
  readonly at: string;
  readonly why: string;
}

/*
 * The stored text of a writer is a letter, `W` for an operator and `w` for any other, and the number in base 36:
 * `w1z141z4`. An event that belongs to nobody has `W`, or no text at all.
 */

/** First letter of the stored text of an operator. */
export const OPERATOR_MARK = 'W';

const WRITER_TEXT = /^([wW])([0-9a-z]{1,7})$/;

/** Returns the stored text of a writer. */
export function formatWriter({ id, isOperator }: Writer): string {
  return `${isOperator ? OPERATOR_MARK : 'w'}${id.toString(36)}`;
}

/** Reads the stored text of a writer; undefined for no text. @throws Fault `damaged_event` */
export function parseWriter(text: unknown): Writer | undefined {
  if (text === undefined) return undefined;
  const [, mark, digits = ''] = WRITER_TEXT.exec(String(text)) ?? [];
  const id = Number.parseInt(digits, 36);
  if (mark === undefined || id < 1 || id > 0xff_ff_ff_ff)
    throw new Fault('damaged_event', 'a stored writer is unreadable');
  return { id, isOperator: mark === OPERATOR_MARK };
}

/**
 * Returns the pm that an event or a row of an episode belongs to, as a text; `''` when it belongs to nobody, because an
 * operator or `local` wrote it, or nobody kept its writer.
 * @param text stored text of its writer
 */
export function ownerOf(text: unknown): string {
  return typeof text === 'string' && !text.startsWith(OPERATOR_MARK) ? text : '';
}

/**
 * Returns whether a writer may send the outcome of what belongs to `owner`. An outcome that was stored before writers
 * were kept has no writer, and holds.
 */
export function maySendOutcome(writer: Writer | undefined, owner: string): boolean {
  return owner === '' || writer === undefined || writer.isOperator || formatWriter(writer) === owner;
}
