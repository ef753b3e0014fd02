import { Fault } from '../errors.ts';
import { nearestName } from '../suggestion.ts';
import type { NotificationConfiguration, Target } from './target.ts';
import { targetNamed } from './target.ts';

/** Result of a test of a target: a code is the reason why it took no message. */
export interface TargetTest {
  readonly target: string;
  readonly delivered: boolean;
  readonly reason?: string;
}

/** Sends a test to a target. */
export interface NotificationTester {
  /** @throws Fault `unknown_target` */
  test(target: string): Promise<TargetTest>;
}

/** Returns a target by its name. @throws Fault `unknown_target`, with the near name */
export function findTarget(configuration: NotificationConfiguration, name: string): Target {
  const target = targetNamed(configuration, name);
  if (target) return target;
  throw unknownTarget(name, Object.keys(configuration.targets));
}

/** Returns the fault of a target that is not configured. */
export function unknownTarget(name: string, names: readonly string[]): Fault {
  if (names.length === 0)
    return new Fault(
      'unknown_target',
      'no targets of notifications are configured: name a file of them with --notify, or deploy with notificationParameter',
    );
  const near = nearestName(name, names);
  const advice = near === undefined ? `use ${names.join(', ')}` : `did you mean ${near}?`;
  return new Fault('unknown_target', `there is no target of this name; ${advice}`, {
    suggestions: near === undefined ? [...names] : [near],
  });
}
