import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import type { Construct } from 'constructs';
import { QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';

/**
 * Sends log lines that report the dimensions of look-ups to the function that stores them. So a look-up needs no
 * permission to write and does not wait for a write.
 */
export function subscribeToQueriedDimensions(
  scope: Construct,
  lookupLogs: ILogGroup,
  recorder: IFunction,
): void {
  new SubscriptionFilter(scope, 'AskedLines', {
    logGroup: lookupLogs,
    filterPattern: FilterPattern.stringValue('$.message', '=', QUERIED_DIMENSIONS_MESSAGE),
    destination: new LambdaDestination(recorder),
  });
}
