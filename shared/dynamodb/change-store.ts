import { randomUUID } from 'node:crypto';
import { Fault } from '../errors.ts';
import type { Change, PatternChange } from '../generation/generation.ts';
import { changeSchema, patternChangeSchema } from '../generation/generation.ts';
import type { ChangeQuery, ChangeStore } from '../generation/ports.ts';
import { shortHash } from '../hash.ts';
import type { PatternKey } from '../pattern/pattern-key.ts';
import type { ControlTable } from './control-table.ts';
import * as keys from './keys.ts';

/** Days after which a change expires. */
const CHANGE_DAYS = 400;
/** Maximum number of changes of an audit that are read at once. */
const AUDIT_PAGE = 100;
/** A page token: the time and the id of the first change of the page. */
const TOKEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[0-9a-f]{8}$/;

/**
 * Changes in the control table. Each is an item of its pattern and an item of the partition of all changes, so that
 * both lists are one query over a span of time.
 */
export class DynamoChangeStore implements ChangeStore {
  readonly #control: ControlTable;

  constructor(control: ControlTable) {
    this.#control = control;
  }

  async audit(pattern: PatternKey, change: Change, id?: string): Promise<void> {
    await this.#write(pattern, change, true, id);
  }

  async list(pattern: PatternKey, change: Change): Promise<void> {
    await this.#write(pattern, change, false);
  }

  async listOfService(change: Change): Promise<void> {
    const sort = keys.changeSort(change.at, randomUUID().slice(0, 8));
    await this.#control.put(keys.CHANGES, sort, { change }, CHANGE_DAYS);
  }

  async audits(pattern: PatternKey): Promise<Change[]> {
    const items = await this.#control.db.queryPage({
      ...this.#control.partition(keys.patternPartition(pattern), keys.AUDIT_PREFIX),
      ScanIndexForward: false,
      Limit: AUDIT_PAGE,
    });
    return items.map(item => changeSchema.parse(item.change));
  }

  async page({ pattern, from, to, limit, next }: ChangeQuery, fits: (change: PatternChange) => boolean) {
    if (next !== undefined && !TOKEN.test(next)) throw invalidToken();
    const first = from === undefined ? '0' : keys.changeSort(timeOf(from), '');
    const last = next ?? (to === undefined ? '~' : keys.changeSort(timeOf(to), '~'));
    // DynamoDB rejects an empty span, which a page token from before `from` makes.
    if (first > last) return { changes: [] };
    const prefix = pattern === undefined ? '' : keys.CHANGE_PREFIX;
    const items = await this.#control.db.queryPage({
      TableName: this.#control.name,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :p AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: {
        ':p': pattern === undefined ? keys.CHANGES : keys.patternPartition(pattern),
        ':from': prefix + first,
        ':to': prefix + last,
      },
      ScanIndexForward: false,
      // One item more than the page tells whether there is another page.
      Limit: limit + 1,
    });
    const changes: PatternChange[] = [];
    for (const item of items) {
      const change = patternChangeSchema.parse(item.change);
      if (!fits(change)) return { changes, next: String(item.sk).slice(prefix.length) };
      changes.push(change);
    }
    return { changes };
  }

  /** Writes every item of a change; the change must not happen before this resolves. */
  async #write(pattern: PatternKey, change: Change, isAudited: boolean, id?: string): Promise<void> {
    const name = id === undefined ? randomUUID() : shortHash(`${pattern} ${id}`);
    const sort = keys.changeSort(change.at, name.slice(0, 8));
    const listed: { change: PatternChange } = { change: { ...change, pattern_key: pattern } };
    const pk = keys.patternPartition(pattern);
    await Promise.all([
      ...(isAudited ? [this.#control.put(pk, keys.auditSort(sort), { change }, CHANGE_DAYS)] : []),
      this.#control.put(pk, `${keys.CHANGE_PREFIX}${sort}`, listed, CHANGE_DAYS),
      this.#control.put(keys.CHANGES, sort, listed, CHANGE_DAYS),
    ]);
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function invalidToken(): Fault {
  return new Fault('invalid_page_token', 'the page token is invalid: pass "next" exactly as it was returned');
}
