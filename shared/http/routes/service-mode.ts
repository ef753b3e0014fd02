import type { Hono } from 'hono';
import { setServiceMode } from '../../generation/change-service-mode.ts';
import type { GenerationStores } from '../../generation/ports.ts';
import { parse } from '../../validation.ts';
import { addRoute, readJson } from '../app.ts';
import { callerOf } from '../caller.ts';
import { ROUTES } from '../routes.ts';
import { serviceModeRequestSchema } from '../schemas/service-mode.ts';

/** Registers the switch for everything. */
export function serviceModeRoutes(
  app: Hono,
  deps: Pick<GenerationStores, 'heads' | 'changes' | 'now'>,
): void {
  addRoute(app, ROUTES.getServiceMode, async c => {
    const stored = await deps.heads.serviceSwitch();
    return c.json({ mode: stored?.mode ?? 'live', last_change: stored?.last_change ?? null });
  });

  addRoute(app, ROUTES.putServiceMode, async c => {
    const { mode, reason } = parse(serviceModeRequestSchema, await readJson(c), 'invalid_request');
    const { last_change } = await setServiceMode(deps, mode, { who: callerOf(c), why: reason });
    return c.json({ mode, last_change });
  });
}
