import { Fault } from '../errors.ts';
import type { NotificationTester } from '../notification/target-test.ts';
import type { SignedFetch } from './signed-fetch.ts';
import { signedFetch } from './signed-fetch.ts';

/** The answer of the function that reaches the targets. */
interface Answer {
  readonly unknown?: { readonly detail: string; readonly suggestions: string[] };
  readonly delivered?: boolean;
  readonly reason?: string;
}

/**
 * Returns a tester that invokes the function that reaches the targets; it alone reads their secrets. The request is signed without
 * the client of Lambda, which cannot be bundled without its event streams.
 * @param arn of the function; undefined in a stage without notifications
 */
export function functionTester(
  arn: string | undefined,
  call: SignedFetch = signedFetch({ service: 'lambda' }),
): NotificationTester | undefined {
  if (arn === undefined) return undefined;
  const url = invocationUrl(arn);
  return {
    async test(target) {
      const response = await call(url, { method: 'POST', body: JSON.stringify({ test: target }) });
      const answer = (response.ok ? await response.json() : {}) as Answer;
      const { unknown, delivered, reason } = answer;
      if (unknown) throw new Fault('unknown_target', unknown.detail, { suggestions: unknown.suggestions });
      if (delivered === undefined)
        throw new Error(`the function that reaches the targets failed (${response.status}): read its log`);
      return { target, delivered, ...(reason !== undefined && { reason }) };
    },
  };
}

/** Returns the address at which a function is invoked. @throws Error when the text is no ARN of a function */
function invocationUrl(arn: string): string {
  const [, partition, region, name] =
    /^arn:(aws[\w-]*):lambda:([\w-]+):\d+:function:([\w-]+)$/.exec(arn) ?? [];
  if (region === undefined || name === undefined)
    throw new Error('NOTIFICATION_FUNCTION is no ARN of a function: set it to that of the deployed one');
  const domain = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://lambda.${region}.${domain}/2015-03-31/functions/${name}/invocations`;
}
