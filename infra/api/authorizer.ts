import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Role } from '../../shared/http/endpoints.ts';
import type { Stage } from '../stage.ts';

/** Returns the authorizer of the API: JWT when the stage names a token issuer, IAM signatures otherwise. */
export function createAuthorizer({ jwt }: Stage): IHttpRouteAuthorizer {
  if (!jwt) return new HttpIamAuthorizer();
  return new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [...jwt.audience] });
}

/** Returns the OAuth scope that a token needs for a role. */
export const oauthScopeOf = (role: Role): string => `pm-tuning/${role}`;
