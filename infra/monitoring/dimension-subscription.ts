import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { FilterPattern, SubscriptionFilter } from 'aws-cdk-lib/aws-logs';
import { LambdaDestination } from 'aws-cdk-lib/aws-logs-destinations';
import type { Construct } from 'constructs';

/** The line on which a look-up says what it was asked with. The function logs exactly this message. */
export const QUERIED_DIMENSIONS_FILTER = 'look-ups asked with';

/**
 * Hands the lines on which look-ups say what they were asked with to the function that keeps them. So a look-up needs
 * no right to write, and waits for nobody.
 */
export function subscribeToQueriedDimensions(
  scope: Construct,
  lookUpLogs: ILogGroup,
  asked: IFunction,
): void {
  new SubscriptionFilter(scope, 'AskedLines', {
    logGroup: lookUpLogs,
    filterPattern: FilterPattern.stringValue('$.message', '=', QUERIED_DIMENSIONS_FILTER),
    destination: new LambdaDestination(asked),
  });
}
