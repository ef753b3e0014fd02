import { hash } from 'node:crypto';
import type { Exclusion, RegisteredWriter, WriterStore } from '../episode/writer.ts';
import { LOCAL } from '../episode/writer.ts';
import type { ControlTable } from './control-table.ts';
import { WRITERS, writerSort } from './keys.ts';

/** Number of `local`, which is short because every event of a service without authentication carries it. */
const LOCAL_ID = 1;

/**
 * Writers in the control table: one item for each number, with the name that it stands for.
 *
 * A number is a hash of the name, of 32 bits. A name whose number is taken by another name takes the next hash. The item
 * is written under the condition that its number is free or has this name. So no two names share a number, and
 * concurrent requests agree on one.
 */
export class DynamoWriterStore implements WriterStore {
  readonly #control: ControlTable;
  readonly #numberOf: (name: string, attempt: number) => number;
  /** Numbers that this process has registered; they never change. */
  readonly #known = new Map<string, number>();

  /** @param numberOf the number that an attempt tries; tests make names collide */
  constructor(control: ControlTable, numberOf = hashedNumber) {
    this.#control = control;
    this.#numberOf = numberOf;
  }

  async idOf(name: string): Promise<number> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    for (let attempt = 0; ; attempt++) {
      const id = this.#numberOf(name, attempt);
      if (!(await this.#claim(id, name))) continue;
      this.#known.set(name, id);
      return id;
    }
  }

  async writers(): Promise<RegisteredWriter[]> {
    const items = await this.#control.db.query(this.#control.partition(WRITERS));
    return items
      .map(({ sk, writer, since, excluded }) => ({
        id: Number.parseInt(String(sk), 16),
        name: String(writer),
        since: Number(since),
        ...(excluded !== undefined && { excluded: excluded as Exclusion }),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Writes the whole item: the number and the name of a writer never change. */
  async setExclusion({ id, name, since }: RegisteredWriter, excluded: Exclusion | undefined): Promise<void> {
    await this.#control.put(WRITERS, writerSort(id), { writer: name, since, ...(excluded && { excluded }) });
  }

  /** Registers a name under a number. @returns false when the number stands for another name */
  #claim(id: number, name: string): Promise<boolean> {
    return this.#control.db.update({
      TableName: this.#control.name,
      Key: { pk: WRITERS, sk: writerSort(id) },
      UpdateExpression: 'SET writer = :name, since = if_not_exists(since, :now)',
      ConditionExpression: 'attribute_not_exists(pk) OR writer = :name',
      ExpressionAttributeValues: { ':name': name, ':now': this.#control.now() },
    });
  }
}

function hashedNumber(name: string, attempt: number): number {
  if (name === LOCAL.name && attempt === 0) return LOCAL_ID;
  const number = hash('sha256', `${name}#${attempt}`, 'buffer').readUInt32LE(0);
  // 0 stands for no writer.
  return number === 0 ? hashedNumber(name, attempt + 1_000_000) : number;
}
