import { afterEach } from 'vitest';
import { type FakeService, fakeService, type ReceivedRequest, type Route } from './fake-service.ts';
import { type CliResult, cli } from './run-cli.ts';

interface FakeSession {
  /** Runs one command line against a new fake service; `columns` is the width of the terminal, if there is one. */
  run(route: Route, argv: readonly string[], columns?: number): Promise<CliResult>;
  /** Requests that the last command sent. */
  readonly received: readonly ReceivedRequest[];
  /** Parsed body of the first request in `received`; null when there is none. */
  readonly sentBody: unknown;
}

/** Returns a session that runs command lines against a fake service and closes it after each test. */
export function fakeSession(): FakeSession {
  let service: FakeService | undefined;
  afterEach(async () => {
    await service?.close();
    service = undefined;
  });
  return {
    async run(route, argv, columns) {
      await service?.close();
      service = await fakeService(route);
      return cli([...argv, '--url', service.url], columns === undefined ? {} : { columns });
    },
    get received() {
      return service?.received ?? [];
    },
    get sentBody() {
      return JSON.parse(service?.received[0]?.text ?? 'null');
    },
  };
}

/** Returns a route that answers every request with 200 and this body. */
export function always(body: unknown): Route {
  return () => ({ status: 200, body });
}
