import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a client's settings for another endpoint. Credentials come from the usual AWS variables; local engines accept any. */
export function endpointSettings(
  endpoint: string | undefined,
  environment: Environment,
): DynamoDBClientConfig {
  return {
    ...(endpoint !== undefined && { endpoint }),
    region: environment.AWS_REGION ?? 'us-east-1',
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? 'local',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? 'local',
      ...(environment.AWS_SESSION_TOKEN && { sessionToken: environment.AWS_SESSION_TOKEN }),
    },
  };
}
