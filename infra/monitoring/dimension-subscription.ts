import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import type { Construct } from 'constructs';
import { DEGRADED_LOOKUP_MESSAGE, QUERIED_DIMENSIONS_MESSAGE } from '../../shared/log-messages.ts';

/**
 * Sends log lines that report the dimensions of look-ups, or a look-up that answered neutral, to the function that
 * stores them. So a look-up needs no permission to write and does not wait for a write.
 */
export function subscribeToQueriedDimensions(
  scope: Construct,
  lookupLogs: ILogGroup,
  recorder: IFunction,
): void {
  new SubscriptionFilter(scope, 'AskedLines', {
    logGroup: lookupLogs,
    filterPattern: FilterPattern.any(
      FilterPattern.stringValue('$.message', '=', QUERIED_DIMENSIONS_MESSAGE),
      FilterPattern.stringValue('$.message', '=', DEGRADED_LOOKUP_MESSAGE),
    ),
    destination: new LambdaDestination(recorder),
  });
}
