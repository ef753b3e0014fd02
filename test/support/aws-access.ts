import { join } from 'node:path';
import { vi } from 'vitest';

/** The secret key of the examples in the documentation of AWS. */
export const AWS_SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

/** Gives the credentials of `AWS_SECRET` to the AWS SDK, and hides those of this machine. @param folder holds no AWS files */
export function stubAwsAccess(folder: string): void {
  for (const name of [
    'AWS_PROFILE',
    'AWS_DEFAULT_REGION',
    'AWS_SESSION_TOKEN',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', AWS_SECRET);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
}
