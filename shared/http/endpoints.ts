/** Method and path of a call. */
export interface Endpoint {
  readonly method: 'get' | 'post' | 'put';
  /** With `{name}` for parameters. */
  readonly path: string;
}

export const MAX_ITEMS = 500;
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The calls of a bot. They stand apart from `ROUTES`, whose schemas of every answer only the OpenAPI document needs:
 * building them would cost the functions that answer a bot a quarter of their cold start.
 */
export const ENDPOINTS = {
  postEvents: { method: 'post', path: '/v1/events' },
  postOutcomes: { method: 'post', path: '/v1/outcomes' },
  postLookup: { method: 'post', path: '/v1/overrides/lookup' },
  getLookup: { method: 'get', path: '/v1/overrides/lookup' },
  getSnapshot: { method: 'get', path: '/v1/snapshots/{pattern_key}' },
} as const satisfies Readonly<Record<string, Endpoint>>;
