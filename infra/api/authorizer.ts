import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Role } from '../../shared/http/endpoints.ts';
import type { Stage } from '../stage.ts';

/** Requires requests signed by IAM, or with a JWT if the stage names an issuer. */
export function createAuthorizer({ jwt }: Stage): IHttpRouteAuthorizer {
  if (!jwt) return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
}

/** Returns the scope that a token must carry for a role. */
export const scopeOf = (role: Role): string => `pm-tuning/${role}`;
