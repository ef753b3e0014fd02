import type { FaultCode } from '../errors.ts';
import type { Route } from './routes.ts';

/** How callers of the service prove who they are: not at all (on loopback), or with tokens. */
export type Access = 'open' | 'tokens';

/**
 * Returns the codes of every problem that a route may answer. A path that no route has is 404 `not_found`, and a method
 * that a path does not support is 405 `method_not_allowed`; neither belongs to an operation.
 */
export function problemCodesOf(route: Route, access: Access): readonly FaultCode[] {
  const { body, path, roles, smaller, problems = [] } = route;
  const codes: (FaultCode | false)[] = [
    'invalid_encoding',
    'forbidden',
    path.startsWith('/v1/') && 'invalid_request',
    body !== undefined && 'invalid_body',
    body !== undefined && 'body_too_large',
    body !== undefined && 'body_timeout',
    body !== undefined && 'unsupported_media_type',
    smaller !== undefined && 'answer_too_large',
    access === 'tokens' && roles.length > 0 && 'unauthorized',
  ];
  return [...codes.filter(code => code !== false), ...problems];
}
