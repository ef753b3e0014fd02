/**
 * Every call of the contract, its function and the roles that may make it. Tests compare the synthesized template and
 * the local service with it.
 */
export const CALLS: readonly (readonly [string, string, string])[] = [
  ['POST /v1/events', 'Ingest', 'pm operator'],
  ['POST /v1/outcomes', 'Ingest', 'pm operator'],
  ['POST /v1/overrides/lookup', 'Lookup', 'pm operator'],
  ['GET /v1/overrides/lookup', 'Lookup', 'pm reader operator'],
  ['GET /v1/snapshots/{pattern_key}', 'Lookup', 'pm reader operator'],
  ['GET /v1/overrides', 'Operate', 'reader operator'],
  ['GET /v1/lessons', 'Operate', 'reader operator'],
  ['GET /v1/status', 'Operate', 'reader operator'],
  ['POST /v1/cycles', 'Operate', 'operator'],
  ['GET /v1/cycles', 'Operate', 'reader operator'],
  ['GET /v1/cycles/{id}', 'Operate', 'reader operator'],
  ['GET /v1/events', 'Operate', 'reader operator'],
  ['GET /v1/mode', 'Operate', 'reader operator'],
  ['PUT /v1/mode', 'Operate', 'operator'],
  ['GET /v1/changes', 'Operate', 'reader operator'],
  ['GET /v1/patterns/{pattern_key}/generations', 'Operate', 'reader operator'],
  ['GET /v1/patterns/{pattern_key}/evidence', 'Operate', 'reader operator'],
  ['GET /v1/patterns/{pattern_key}/nmin', 'Operate', 'reader operator'],
  ['POST /v1/whatif', 'Operate', 'operator'],
  ['GET /v1/whatif', 'Operate', 'reader operator'],
  ['PUT /v1/patterns/{pattern_key}/mode', 'Operate', 'operator'],
  ['PUT /v1/patterns/{pattern_key}/settings', 'Operate', 'operator'],
  ['GET /v1/patterns/{pattern_key}/settings', 'Operate', 'reader operator'],
  ['POST /v1/patterns/{pattern_key}/rollback', 'Operate', 'operator'],
  ['GET /healthz', 'Operate', ''],
  ['GET /openapi.json', 'Operate', ''],
];
