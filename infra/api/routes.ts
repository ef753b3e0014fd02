import type { FunctionName } from '../function-settings.ts';

export type Method = 'GET' | 'POST' | 'PUT';

/** Who may call: the position manager, people and dashboards that look, those who steer. */
export type RoleName = 'pm' | 'reader' | 'operator';

export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly to: Extract<FunctionName, 'ingest' | 'lookup' | 'admin'>;
  /** Nobody's: open to everyone. */
  readonly roles: readonly RoleName[];
}

const WRITE: readonly RoleName[] = ['pm', 'operator'];
const ASK: readonly RoleName[] = ['pm', 'reader', 'operator'];
const READ: readonly RoleName[] = ['reader', 'operator'];
const STEER: readonly RoleName[] = ['operator'];

/** Every route of the API. There is no catch-all: what is not here does not reach a function. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/events', to: 'ingest', roles: WRITE },
  { method: 'POST', path: '/v1/outcomes', to: 'ingest', roles: WRITE },
  { method: 'POST', path: '/v1/overrides/lookup', to: 'lookup', roles: WRITE },
  { method: 'GET', path: '/v1/overrides/lookup', to: 'lookup', roles: ASK },
  { method: 'GET', path: '/v1/snapshots/{pattern_key}', to: 'lookup', roles: ASK },
  { method: 'GET', path: '/v1/overrides', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/lessons', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/status', to: 'admin', roles: READ },
  { method: 'POST', path: '/v1/cycles', to: 'admin', roles: STEER },
  { method: 'GET', path: '/v1/cycles', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/cycles/{id}', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/patterns/{pattern_key}/generations', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/patterns/{pattern_key}/evidence', to: 'admin', roles: READ },
  { method: 'GET', path: '/v1/patterns/{pattern_key}/nmin', to: 'admin', roles: READ },
  // It changes nothing, but a reader's rights end at GET, which answers the same.
  { method: 'POST', path: '/v1/whatif', to: 'admin', roles: STEER },
  { method: 'GET', path: '/v1/whatif', to: 'admin', roles: READ },
  { method: 'PUT', path: '/v1/patterns/{pattern_key}/mode', to: 'admin', roles: STEER },
  { method: 'PUT', path: '/v1/patterns/{pattern_key}/settings', to: 'admin', roles: STEER },
  { method: 'POST', path: '/v1/patterns/{pattern_key}/rollback', to: 'admin', roles: STEER },
  { method: 'GET', path: '/healthz', to: 'admin', roles: [] },
  { method: 'GET', path: '/openapi.json', to: 'admin', roles: READ },
];
