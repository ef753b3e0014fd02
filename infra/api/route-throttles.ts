import type { Endpoint } from '../../shared/http/endpoints.ts';
import type { Stage } from '../stage.ts';

/**
 * Shares of the stage's rate that the routes of a function may take, so that none of them takes all. The routes of
 * look-ups have the whole.
 */
const SHARE = { ingest: 0.5, admin: 0.2, lookup: 1, page: 0.1 } as const satisfies Record<
  Endpoint['function'],
  number
>;
/** Share of a route of the API that anybody may call. The page, which several people load at once, has its own. */
const OPEN_SHARE = 0.01;

/** A limit in the spelling of CloudFormation. */
interface RouteThrottle {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}

/** Returns the limits of each route by its key, such as `POST /v1/events`: requests a second, and requests at once. */
export function routeThrottles(
  { throttle }: Pick<Stage, 'throttle'>,
  endpoints: readonly Endpoint[],
): Readonly<Record<string, RouteThrottle>> {
  const limits = endpoints.map(({ method, path, function: name, roles }): [string, RouteThrottle] => {
    const share = roles.length === 0 && name !== 'page' ? OPEN_SHARE : SHARE[name];
    const of = (limit: number): number => Math.max(1, Math.round(limit * share));
    return [
      `${method} ${path}`,
      { ThrottlingRateLimit: of(throttle.rate), ThrottlingBurstLimit: of(throttle.burst) },
    ];
  });
  return Object.fromEntries(limits);
}
