import { existsSync, readdirSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { createHandler as admin } from '../../functions/admin.ts';
import { createHandler as cycleClose } from '../../functions/cycle-close.ts';
import { createHandler as cycleOpen } from '../../functions/cycle-open.ts';
import { createHandler as ingest } from '../../functions/ingest.ts';
import { createHandler as materialize } from '../../functions/materialize.ts';
import { createHandler as mine } from '../../functions/mine.ts';
import definition from '../../infra/cycle/cycle.asl.json' with { type: 'json' };
import { environmentSchema } from '../../shared/config.ts';
import { ENDPOINTS } from '../../shared/http/endpoints.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import { S1 } from '../support/episodes.ts';
import { openRecorded, sample } from './recording.ts';
import { resources, synthesize } from './synth.ts';

/*
 * The samples in `test/events/` are the input of `sam local invoke`. They have the form that API Gateway, EventBridge
 * Scheduler and Step Functions send, and the handlers accept them unchanged.
 */

const names = readdirSync(new URL('../events', import.meta.url)).map(file => file.replace(/\.json$/, ''));
const requests = names.filter(name => /^(get|post|put)-/.test(name));
const NOW = Date.parse('2025-01-20T00:09:00.123Z');

interface HttpEvent {
  readonly version: string;
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly queryStringParameters?: Record<string, string>;
  readonly pathParameters?: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly requestContext: {
    readonly http: { readonly method: string; readonly path: string };
    readonly routeKey: string;
    readonly stage: string;
    readonly authorizer?: object;
  };
  readonly isBase64Encoded: boolean;
  readonly body?: string;
}
const http = (name: string): HttpEvent => sample(name) as unknown as HttpEvent;

describe('samples of requests', () => {
  it.each(requests)(
    'The sample %s is a request of payload format 2.0 to a route of the API, without contradictions',
    name => {
      const event = http(name);
      const route = Object.values(ENDPOINTS).find(
        ({ method, path }) => `${method} ${path}` === event.routeKey,
      );
      expect(route).toBeDefined();
      expect(event).toMatchObject({
        version: '2.0',
        rawPath: (route?.path ?? '').replaceAll(/\{(\w+)\}/g, (_, parameter) =>
          String(event.pathParameters?.[parameter]),
        ),
        isBase64Encoded: false,
        requestContext: {
          http: { method: route?.method, path: event.rawPath },
          routeKey: event.routeKey,
          stage: '$default',
        },
      });
      const query = Object.fromEntries(new URLSearchParams(event.rawQueryString));
      expect(event.queryStringParameters ?? {}).toEqual(query);
      expect(Object.keys(event.headers)).toEqual(Object.keys(event.headers).map(name => name.toLowerCase()));
      expect('authorizer' in event.requestContext).toBe(event.routeKey !== 'GET /openapi.json');
      expect(typeof event.body).toBe(route?.method === 'GET' ? 'undefined' : 'string');
      if (event.body !== undefined)
        expect(Number(event.headers['content-length'])).toBe(Buffer.byteLength(event.body));
    },
  );

  it('A function accepts a body in base64, as API Gateway sends it for an unknown content type', async () => {
    const { runtimeOf, close } = await openRecorded(() => NOW);
    const event = http('post-events');
    const encoded = Buffer.from(event.body ?? '').toString('base64');
    const answer = await ingest(runtimeOf('ingest'))({
      ...event,
      isBase64Encoded: true,
      body: encoded,
    } as never);
    expect(answer).toMatchObject({ statusCode: 200 });
    expect(JSON.parse(String(Object(answer).body))).toMatchObject({
      accepted: expect.any(Number),
      rejected: [],
    });
    await close();
  });

  it.each([
    ['IAM', undefined, 'iam:123456789012:role/position-manager'],
    ['a token', { jwt: { claims: { sub: 'anna', scope: 'pm-tuning/operator' }, scopes: [] } }, 'jwt:anna'],
    ['a token of a client', { jwt: { claims: { client_id: 'ci-bot' }, scopes: [] } }, 'jwt:ci-bot'],
  ])('The audit names a caller who authenticates by %s', async (_, authorizer, who) => {
    const { runtimeOf, close } = await openRecorded(() => NOW);
    await runtimeOf('ingest').heads.register([S1]);
    const handler = admin(runtimeOf('admin'));
    const event = http('put-mode');
    const requestContext = { ...event.requestContext, ...(authorizer && { authorizer }) };
    const answer = await handler({ ...event, requestContext } as never);
    expect(JSON.parse(String(Object(answer).body))).toMatchObject({ last_change: { who, what: 'mode' } });
    await close();
  });
});

describe('sample of the schedule', () => {
  it('The sample of the schedule is the input that the schedule of the template sends', () => {
    const schedule = resources(synthesize(), 'AWS::Scheduler::Schedule').get('Hourly');
    expect(schedule?.Properties.Target).toMatchObject({ Input: JSON.stringify(sample('schedule-input')) });
  });
});

/** Returns the type of a value; for an object the types of its fields, for a list that of its first entry. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, shapeOf(inner)]),
  );
}

describe('samples of steps', () => {
  it('The state machine sends each step the fields of its sample', async () => {
    const answers: Readonly<Record<string, unknown>> = {
      Open: { cycle: sample('mine').cycle, items: sample('cycle-close').items },
      Mine: sample('materialize').mined,
      RecordFailure: {},
      Close: { status: 'succeeded' },
    };
    const payloads: Record<string, unknown> = {};
    const handler = (state: string) => async (input: { Payload: unknown }) => {
      payloads[state] = JSON.parse(JSON.stringify(input.Payload));
      // This step fails, so the failure is recorded.
      if (state === 'Materialize') throw Object.assign(new Error('cut'), { name: 'damaged_generation' });
      return { Payload: answers[state] };
    };
    const states = ['Open', 'Mine', 'Materialize', 'RecordFailure', 'Close'];
    const machine = new StateMachine(definition as never, { validationOptions: { noValidate: true } });
    await machine.run(sample('schedule-input') as never, {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(states.map(state => [state, handler(state)])) as never,
      },
      context: {
        Execution: { Name: 'name', StartTime: '2025-01-20T00:09:00.123Z' },
      } as never,
    }).result;
    expect(payloads.RecordFailure).toEqual({
      cycle: sample('mine').cycle,
      item: 0,
      error: 'damaged_generation',
    });
    const samples = { Open: 'cycle-open', Mine: 'mine', Materialize: 'materialize', Close: 'cycle-close' };
    for (const [state, name] of Object.entries(samples))
      expect([state, shapeOf(payloads[state])]).toEqual([state, shapeOf(sample(name))]);
  });

  it('Every step accepts its sample', async () => {
    const { runtimeOf, close } = await openRecorded(() => NOW);
    const pattern_key = 'pm.uptrend.S1.entry';
    expect(await cycleOpen(runtimeOf('cycle-open'))(sample('cycle-open'))).toMatchObject({ items: [] });
    const { cycle_id } = sample('mine').cycle as { cycle_id: string };
    await runtimeOf('cycle-open').cycles.putPatterns(cycle_id, [parsePatternKey(pattern_key)]);
    const mined = await mine(runtimeOf('mine'))(sample('mine'));
    expect(mined).toMatchObject({ pattern_key, events_read: 0 });
    expect(shapeOf(mined)).toEqual(shapeOf(sample('materialize').mined));
    const run = await materialize(runtimeOf('materialize'))(sample('materialize'));
    expect(run).toMatchObject({ pattern_key, status: 'too_few_events' });
    expect(await cycleClose(runtimeOf('cycle-close'))(sample('cycle-close'))).toMatchObject({
      status: 'succeeded',
      patterns_total: 1,
    });
    await close();
  });
});

describe('environment of sam', () => {
  it('The sample environment of sam local names the tables that the local service creates', () => {
    const { Parameters } = sample('sam-environment');
    const tables = Object.keys(environmentSchema.shape).filter(name => name.endsWith('_TABLE'));
    expect(Object.keys(Object(Parameters)).toSorted()).toEqual(tables.toSorted());
    for (const name of Object.values(Object(Parameters)))
      expect(name).toMatch(/^pm-tuning-(events|lessons|overrides|control)$/);
  });
});

it('Every route and every step has a sample', () => {
  const missing = Object.values(ENDPOINTS)
    .map(({ method, path }) => `${method} ${path}`)
    // The liveness check is a route of the local service alone.
    .filter(route => route !== 'GET /healthz' && !requests.some(name => http(name).routeKey === route));
  expect(missing).toEqual([]);
  for (const step of ['cycle-open', 'mine', 'materialize', 'cycle-close', 'schedule-input'])
    expect(existsSync(new URL(`../events/${step}.json`, import.meta.url)), step).toBe(true);
});
