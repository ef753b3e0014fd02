import type { BatchStatementError } from '@aws-sdk/client-dynamodb';
import { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { Fault } from '../errors.ts';

/*
 * Faults of requests to the store:
 *
 * - `store_throttled`, `store_unavailable`: the store fails, and a later retry may succeed.
 * - `internal`: the store refuses what this service sent, or its rights. That is a fault of ours, and a retry would
 *   fail again.
 */

const THROTTLED: ReadonlySet<string | undefined> = new Set([
  'ThrottlingException',
  'ThrottlingError',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
]);

/** Errors that pass by themselves, although some of them have a status of 4xx or none. */
const TRANSIENT: ReadonlySet<string | undefined> = new Set([
  'ExpiredTokenException',
  'InternalServerError',
  'LimitExceededException',
  'RequestExpired',
  'ServiceUnavailable',
  'TransactionConflict',
]);

/** Returns whether an error of this name means that the store is throttled. */
export function isThrottled(name: string | undefined): boolean {
  return THROTTLED.has(name);
}

/** Returns false when a request fails because its condition does not hold. @throws Fault */
export async function conditionHolds(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw toFault(error);
  }
}

/** Returns the response of a request. @throws Fault */
export async function withFaults<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw toFault(error);
  }
}

/** Returns the fault of one statement of a batch. */
export function insertFault({ Code, Message }: BatchStatementError): Fault {
  const cause = new Error(`${Code}: ${Message}`);
  return TRANSIENT.has(Code)
    ? new Fault('store_unavailable', 'an insert failed', { cause })
    : new Fault('internal', 'the store refused an insert of this service', { cause });
}

/** Returns whether a fault means that the engine does not know the operation. */
export function isUnknownOperation(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : error;
  return cause instanceof Error && cause.name === 'UnknownOperationException';
}

function toFault(error: unknown): Fault {
  if (error instanceof Error && isThrottled(error.name))
    return new Fault('store_throttled', 'the store is throttled', { cause: error });
  return isRefusal(error)
    ? new Fault('internal', 'the store refused a request of this service', { cause: error })
    : new Fault('store_unavailable', 'the store did not answer as expected', { cause: error });
}

/** Returns whether the store refused a request for its content or for the rights of its sender (4xx). */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof DynamoDBServiceException) || TRANSIENT.has(error.name)) return false;
  const status = error.$metadata.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
