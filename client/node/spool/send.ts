import type { Service } from '../../src/ports.ts';
import { readVerdict } from './answer.ts';
import type { ItemKind, SpooledItem } from './line.ts';

/** An item that the service refused for good, with its reason. */
export interface RefusedItem {
  readonly item: SpooledItem;
  readonly code: string;
  readonly detail: string;
}

/** The service did not answer, or could not take anything now. */
export class NotDelivered extends Error {
  /** Wait that the service asked for, milliseconds. */
  readonly retryAfterMs: number;
  /** True when there was no answer, which a smaller request may get in time. */
  readonly isUnanswered: boolean;

  constructor(reason: string, { retryAfterMs = 0, isUnanswered = false } = {}) {
    super(reason);
    this.retryAfterMs = retryAfterMs;
    this.isUnanswered = isUnanswered;
  }
}

const ROUTES = {
  event: { path: '/v1/events', member: 'events' },
  outcome: { path: '/v1/outcomes', member: 'outcomes' },
} as const;

/**
 * Sends items: events first, so that an outcome comes after its event; those of one kind in their order.
 * @param most items of one request
 * @returns the items that the service refused for good
 * @throws NotDelivered when the same items must be sent again; those that arrived are then `unchanged`
 */
export async function sendItems(
  service: Pick<Service, 'post'>,
  items: readonly SpooledItem[],
  most: number,
): Promise<RefusedItem[]> {
  const refused: RefusedItem[] = [];
  for (const kind of ['event', 'outcome'] as const) {
    const ofKind = items.filter(item => item.kind === kind);
    for (let i = 0; i < ofKind.length; i += most)
      refused.push(...(await sendKind(service, kind, ofKind.slice(i, i + most))));
  }
  return refused;
}

async function sendKind(
  service: Pick<Service, 'post'>,
  kind: ItemKind,
  items: readonly SpooledItem[],
): Promise<RefusedItem[]> {
  if (items.length === 0) return [];
  const { path, member } = ROUTES[kind];
  const body = { [member]: items.map(({ text }) => JSON.parse(text) as unknown) };
  const answer = await service.post(path, body).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NotDelivered(reason, { isUnanswered: true });
  });
  const verdict = readVerdict(answer, Date.now());
  if (verdict.kind === 'retry') throw new NotDelivered(verdict.reason, verdict);
  if (verdict.kind === 'done')
    return verdict.refused.flatMap(({ index, code, detail }) => {
      const item = items[index];
      return item ? [{ item, code, detail }] : [];
    });
  if (items.length === 1) return items.map(item => ({ item, code: verdict.code, detail: verdict.detail }));
  const middle = Math.ceil(items.length / 2);
  return [
    ...(await sendKind(service, kind, items.slice(0, middle))),
    ...(await sendKind(service, kind, items.slice(middle))),
  ];
}
