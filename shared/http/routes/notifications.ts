import type { Hono } from 'hono';
import type { NotificationTester } from '../../notification/target-test.ts';
import { unknownTarget } from '../../notification/target-test.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson } from '../app.ts';
import { ROUTES } from '../routes.ts';
import { notificationTestRequestSchema } from '../schemas/notifications.ts';

export interface NotificationRoutesDeps {
  /** Absent where no notifications are configured. */
  readonly notificationTester?: NotificationTester | undefined;
}

/** Registers the test of a target of notifications. The answer waits for the target, ten seconds at most. */
export function notificationRoutes(app: Hono, { notificationTester }: NotificationRoutesDeps): void {
  addRoute(app, ROUTES.postNotificationTest, async c => {
    const { target } = parse(notificationTestRequestSchema, await readJson(c), 'invalid_request');
    if (!notificationTester) throw unknownTarget(target, []);
    return c.json(await notificationTester.test(target));
  });
}
