import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Role } from '../../shared/http/endpoints.ts';
import type { Stage } from '../stage.ts';

/** Signed by IAM, or with a token when the stage names an issuer. */
export function createAuthorizer({ jwt }: Stage): IHttpRouteAuthorizer {
  if (!jwt) return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
}

/** The scope that a token carries for a role. */
export const scopeOf = (role: Role): string => `pm-tuning/${role}`;
