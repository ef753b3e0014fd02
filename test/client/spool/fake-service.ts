import type { Service, ServiceAnswer } from '../../../client/src/ports.ts';

interface Item {
  readonly episode_id: string;
  readonly [name: string]: unknown;
}

/** Answers a request, or returns undefined to let the service take it. It may throw, as a broken connection does. */
type Fault = (path: string, items: readonly Item[]) => Partial<Answer> | undefined;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A service that keeps every item of its requests, in the order of their arrival, and knows an item by its id. */
export class FakeService implements Pick<Service, 'post'> {
  /** Each item that arrived, also when it arrived again. */
  readonly arrivals: { readonly path: string; readonly item: Item }[] = [];
  readonly requests: number[] = [];
  fault: Fault = () => undefined;
  /** Returns the code with which the service refuses an item; undefined for one that it takes. */
  refuse: (item: Item) => string | undefined = () => undefined;

  async post(path: string, body: object): Promise<ServiceAnswer> {
    const items = Object.values(body as Record<string, Item[]>).flat();
    this.requests.push(items.length);
    const failure = this.fault(path, items);
    if (failure) return answerOf(failure);
    const rejected = items.flatMap((item, index) => {
      const code = this.refuse(item);
      return code === undefined
        ? []
        : [{ index, episode_id: item.episode_id, code, detail: `refused: ${code}` }];
    });
    const isRejected = new Set(rejected.map(({ index }) => index));
    this.arrivals.push(...items.filter((_, i) => !isRejected.has(i)).map(item => ({ path, item })));
    const count = items.length - rejected.length;
    const counts = path === '/v1/events' ? { accepted: count } : { resolved: count, parked: 0 };
    const status = rejected.length === 0 ? 200 : count === 0 ? 400 : 207;
    return answerOf({ status, body: { ...counts, unchanged: 0, rejected } });
  }

  /** Ids of the events that arrived, each once, in the order of their first arrival. */
  get events(): string[] {
    return this.#ids('/v1/events');
  }

  get outcomes(): string[] {
    return this.#ids('/v1/outcomes');
  }

  #ids(path: string): string[] {
    return [...new Set(this.arrivals.filter(each => each.path === path).map(({ item }) => item.episode_id))];
  }
}

function answerOf({ status = 200, headers = {}, body = {} }: Partial<Answer>): ServiceAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: { get: name => headers[name.toLowerCase()] ?? null }, text };
}
