/** The roles of callers: the position manager; people and dashboards that read; operators. */
export type Role = 'pm' | 'reader' | 'operator';

/** One route of the API: its method and path, the function that answers it, and the roles that may call it. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The path, with `{name}` for a parameter. */
  readonly path: string;
  /** The entry in `functions/` that answers. */
  readonly function: 'ingest' | 'lookup' | 'admin' | 'page';
  /** The roles that may call; with none, the route needs no authentication. */
  readonly roles: readonly Role[];
  /** False for a route of the local service alone. */
  readonly deployed?: false;
  /** The request that a caller should make instead when an answer is too large. */
  readonly smaller?: string;
}

/** The OAuth scope of a token that an operator sends. */
export const OPERATOR_SCOPE = 'pm-tuning/operator';

export const MAX_ITEMS = 500;
export const MAX_BODY_BYTES = 1024 * 1024;

const WRITERS = ['pm', 'operator'] as const;
const EVERYONE = ['pm', 'reader', 'operator'] as const;
const READERS = ['reader', 'operator'] as const;
const OPERATORS = ['operator'] as const;

const WITHOUT_EXPLAIN = 'ask without explain';

/**
 * Every route of the API. API Gateway, the IAM policies of callers, the role check of the local service, the handlers
 * and the OpenAPI document are made from this table. There is no catch-all route.
 *
 * Two constraints:
 * - This file imports nothing. The functions `ingest` and `lookup` load it, and building the schemas of `ROUTES` there
 *   would lengthen their cold start by a quarter.
 * - The order of the rows is the order of the resources in the CloudFormation template.
 */
export const ENDPOINTS = {
  postEvents: { method: 'POST', path: '/v1/events', function: 'ingest', roles: WRITERS },
  postOutcomes: { method: 'POST', path: '/v1/outcomes', function: 'ingest', roles: WRITERS },
  postLookup: {
    method: 'POST',
    path: '/v1/overrides/lookup',
    function: 'lookup',
    roles: EVERYONE,
    smaller: WITHOUT_EXPLAIN,
  },
  getLookup: {
    method: 'GET',
    path: '/v1/overrides/lookup',
    function: 'lookup',
    roles: EVERYONE,
    smaller: WITHOUT_EXPLAIN,
  },
  getSnapshots: { method: 'GET', path: '/v1/snapshots', function: 'lookup', roles: EVERYONE },
  getSnapshot: {
    method: 'GET',
    path: '/v1/snapshots/{pattern_key}',
    function: 'lookup',
    roles: EVERYONE,
    smaller: 'ask for form=compact and accept gzip, or read GET /v1/overrides page by page',
  },
  // The paths of the OpenFeature Remote Evaluation Protocol. A flag changes nothing, and the protocol has no GET.
  postFlag: {
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags/{key}',
    function: 'lookup',
    roles: EVERYONE,
  },
  postFlags: {
    method: 'POST',
    path: '/ofrep/v1/evaluate/flags',
    function: 'lookup',
    roles: EVERYONE,
    smaller: 'evaluate the flags one by one',
  },
  getOverrides: { method: 'GET', path: '/v1/overrides', function: 'admin', roles: READERS },
  getLessons: { method: 'GET', path: '/v1/lessons', function: 'admin', roles: READERS },
  getStatus: { method: 'GET', path: '/v1/status', function: 'admin', roles: READERS },
  postCycle: { method: 'POST', path: '/v1/cycles', function: 'admin', roles: OPERATORS },
  getCycles: { method: 'GET', path: '/v1/cycles', function: 'admin', roles: READERS },
  getCycle: { method: 'GET', path: '/v1/cycles/{id}', function: 'admin', roles: READERS },
  getEvents: {
    method: 'GET',
    path: '/v1/events',
    function: 'admin',
    roles: READERS,
  },
  getParked: { method: 'GET', path: '/v1/parked', function: 'admin', roles: READERS },
  getServiceMode: { method: 'GET', path: '/v1/mode', function: 'admin', roles: READERS },
  putServiceMode: { method: 'PUT', path: '/v1/mode', function: 'admin', roles: OPERATORS },
  getWriters: { method: 'GET', path: '/v1/writers', function: 'admin', roles: READERS },
  putWriter: { method: 'PUT', path: '/v1/writers', function: 'admin', roles: OPERATORS },
  getChanges: { method: 'GET', path: '/v1/changes', function: 'admin', roles: READERS },
  getGenerations: {
    method: 'GET',
    path: '/v1/patterns/{pattern_key}/generations',
    function: 'admin',
    roles: READERS,
  },
  getEvidence: {
    method: 'GET',
    path: '/v1/patterns/{pattern_key}/evidence',
    function: 'admin',
    roles: READERS,
  },
  getDoctor: { method: 'GET', path: '/v1/patterns/{pattern_key}/doctor', function: 'admin', roles: READERS },
  getGuard: { method: 'GET', path: '/v1/patterns/{pattern_key}/guard', function: 'admin', roles: READERS },
  getNMin: { method: 'GET', path: '/v1/patterns/{pattern_key}/nmin', function: 'admin', roles: READERS },
  postWhatIf: { method: 'POST', path: '/v1/whatif', function: 'admin', roles: READERS },
  getWhatIf: { method: 'GET', path: '/v1/whatif', function: 'admin', roles: READERS },
  putMode: { method: 'PUT', path: '/v1/patterns/{pattern_key}/mode', function: 'admin', roles: OPERATORS },
  putSettings: {
    method: 'PUT',
    path: '/v1/patterns/{pattern_key}/settings',
    function: 'admin',
    roles: OPERATORS,
  },
  getSettings: {
    method: 'GET',
    path: '/v1/patterns/{pattern_key}/settings',
    function: 'admin',
    roles: READERS,
  },
  postRollback: {
    method: 'POST',
    path: '/v1/patterns/{pattern_key}/rollback',
    function: 'admin',
    roles: OPERATORS,
  },
  postRollout: {
    method: 'POST',
    path: '/v1/patterns/{pattern_key}/rollout',
    function: 'admin',
    roles: OPERATORS,
  },
  postNotificationTest: {
    method: 'POST',
    path: '/v1/notifications/test',
    function: 'admin',
    roles: OPERATORS,
  },
  // In AWS an unsigned call would start a function, and many would take its concurrency from those that operate.
  getHealth: { method: 'GET', path: '/healthz', function: 'admin', roles: [], deployed: false },
  getOpenApi: { method: 'GET', path: '/openapi.json', function: 'admin', roles: [] },
} as const satisfies Readonly<Record<string, Endpoint>>;

/**
 * The routes of the page: its document, and its script and style sheet under names that are hashes. They hold no data,
 * so they need no authentication. In AWS only a stage with an issuer of tokens serves them.
 */
export const PAGE_ENDPOINTS = {
  getPage: { method: 'GET', path: '/ui', function: 'page', roles: [] },
  getPageScript: { method: 'GET', path: '/ui/script/{name}', function: 'page', roles: [] },
  getPageStyle: { method: 'GET', path: '/ui/style/{name}', function: 'page', roles: [] },
} as const satisfies Readonly<Record<string, Endpoint>>;

/** Routes of the local service for monitors. They are text and no part of the API, and AWS does not have them. */
export const MONITOR_ENDPOINTS = {
  getMetrics: { method: 'GET', path: '/metrics', function: 'admin', roles: READERS, deployed: false },
} as const satisfies Readonly<Record<string, Endpoint>>;
