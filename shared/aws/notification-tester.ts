import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { Fault } from '../errors.ts';
import type { NotificationTester } from '../notification/target-test.ts';

/** Returns a tester that asks the function that tells targets; it alone reads their secrets. */
export function functionTester(
  name: string | undefined,
  settings: LambdaClientConfig = {},
): NotificationTester | undefined {
  if (name === undefined) return undefined;
  const client = new LambdaClient(settings);
  return {
    async test(target) {
      const { FunctionError, Payload } = await client.send(
        new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ test: target }) }),
      );
      const answer = JSON.parse(Payload?.transformToString() ?? '{}') as {
        readonly unknown?: { readonly detail: string; readonly suggestions: string[] };
        readonly delivered?: boolean;
        readonly reason?: string;
      };
      const { unknown, delivered, reason } = answer;
      if (unknown) throw new Fault('unknown_target', unknown.detail, { suggestions: unknown.suggestions });
      if (FunctionError !== undefined || delivered === undefined)
        throw new Error('the function that tells targets failed: read its log');
      return { target, delivered, ...(reason !== undefined && { reason }) };
    },
  };
}
