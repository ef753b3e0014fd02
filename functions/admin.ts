import { handle } from 'hono/aws-lambda';
import { functionTester } from '../shared/aws/notification-tester.ts';
import { stateMachineStarter } from '../shared/aws/step-functions.ts';
import { createApp } from '../shared/http/app.ts';
import { adminRoutes } from '../shared/http/routes/admin.ts';
import type { Runtime } from '../shared/runtime.ts';
import { lambdaEntry } from '../shared/runtime.ts';

/** Serves readers and operators: status, lessons, overrides, cycles, generations, mode, settings, rollback. */
export function createHandler(runtime: Runtime) {
  const app = createApp(runtime.log, runtime.config.origins);
  const { stateMachineArn, notification } = runtime.config;
  adminRoutes(app, {
    ...runtime,
    starter: stateMachineStarter(stateMachineArn),
    notificationTester: functionTester(notification.function),
  });
  return handle(app);
}

export const handler = lambdaEntry(createHandler);
