import type { FunctionName } from './functions.ts';

export type Method = 'GET' | 'POST' | 'PUT';

export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly to: Extract<FunctionName, 'ingest' | 'lookup' | 'operate'>;
}

/** Every route of the API. There is no catch-all: what is not here does not reach a function. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/events', to: 'ingest' },
  { method: 'POST', path: '/v1/outcomes', to: 'ingest' },
  { method: 'POST', path: '/v1/overrides/lookup', to: 'lookup' },
  { method: 'GET', path: '/v1/overrides/lookup', to: 'lookup' },
  { method: 'GET', path: '/v1/snapshots/{pattern_key}', to: 'lookup' },
  { method: 'GET', path: '/v1/overrides', to: 'operate' },
  { method: 'GET', path: '/v1/lessons', to: 'operate' },
  { method: 'GET', path: '/v1/status', to: 'operate' },
  { method: 'POST', path: '/v1/cycles', to: 'operate' },
  { method: 'GET', path: '/v1/cycles', to: 'operate' },
  { method: 'GET', path: '/v1/cycles/{id}', to: 'operate' },
  { method: 'GET', path: '/v1/patterns/{pattern_key}/generations', to: 'operate' },
  { method: 'PUT', path: '/v1/patterns/{pattern_key}/mode', to: 'operate' },
  { method: 'PUT', path: '/v1/patterns/{pattern_key}/settings', to: 'operate' },
  { method: 'POST', path: '/v1/patterns/{pattern_key}/rollback', to: 'operate' },
  { method: 'GET', path: '/healthz', to: 'operate' },
  { method: 'GET', path: '/openapi.json', to: 'operate' },
];
