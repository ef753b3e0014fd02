import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NotificationSpool } from '../../local/notification/notification-spool.ts';
import { Notifier } from '../../local/notification/notifier.ts';
import { NotifyFile } from '../../local/notification/notify-file.ts';
import { cycleId } from '../../shared/cycle/cycle.ts';
import { setMode } from '../../shared/generation/change-head.ts';
import { jsonLog } from '../../shared/log.ts';
import type { NotificationEvent } from '../../shared/notification/notification-event.ts';
import { DEFAULT_EVENTS } from '../../shared/notification/notification-event.ts';
import { detectEvents, pollNotifications } from '../../shared/notification/poll.ts';
import { parseConfiguration } from '../../shared/notification/target.ts';
import { webhookSignature } from '../../shared/notification/webhook-signature.ts';
import { parsePatternKey } from '../../shared/pattern/pattern-key.ts';
import type { FakeService, ReceivedRequest, Reply } from '../cli/support/fake-service.ts';
import { fakeService } from '../cli/support/fake-service.ts';
import { openApi } from '../support/api.ts';
import { HOUR, iso, MINUTE, NOW, S1, S2 } from '../support/episodes.ts';
import { addHarmfulPattern } from '../support/harmful-pattern.ts';
import type { Stores } from '../support/stores.ts';
import { openStores } from '../support/stores.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOKEN = '123:telegram-token-that-is-secret';
const WANTED = new Set(DEFAULT_EVENTS);
const OPERATOR = { who: 'token:anna', why: 'a test' };

let folder: string;
let receiver: FakeService;
let reply: Reply;
const lines: string[] = [];
const log = jsonLog('debug', line => lines.push(line), Date.now);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  reply = { status: 204 };
  receiver = await fakeService(() => reply);
  lines.length = 0;
});
afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

const writeTargets = (targets: object, mode = 0o600): string => {
  const path = join(folder, 'notify.json');
  writeFileSync(path, JSON.stringify({ targets }));
  chmodSync(path, mode);
  return path;
};
const hook = () => ({ type: 'webhook', url: `${receiver.url}/SECRET-PATH`, secret: SECRET });

describe('with stores', () => {
  let stores: Stores;
  beforeEach(async () => {
    stores = await openStores();
    await stores.runtime.heads.register([S1, S2]);
  });
  afterEach(() => stores.close());

  const spoolPath = () => join(folder, 'notifications.json');
  function notifierOf(targets: object, { runtime } = stores as Pick<Stores, 'runtime'>) {
    const pauses: number[] = [];
    const spool = new NotificationSpool(spoolPath(), log);
    const notifier = new Notifier({
      ...runtime,
      log,
      spool,
      configuration: () => parseConfiguration(JSON.stringify({ targets })),
      sleep: async ms => {
        pauses.push(ms);
        stores.clock.now += ms;
      },
    });
    return { notifier, spool, pauses };
  }
  const setOff = async (pattern = S1) => {
    stores.clock.now += MINUTE;
    await setMode(stores.runtime, pattern, 'off', OPERATOR);
  };
  const waiting = () => JSON.parse(readFileSync(spoolPath(), 'utf8')) as { attempts: number; due: number }[];

  it('[Y4] The past is not told, and a change is told once, signed, over a restart', async () => {
    await setOff(S2);
    const { notifier } = notifierOf({ ops: hook() });
    await notifier.poll();
    await setOff();
    await notifier.poll();
    expect(waiting()).toHaveLength(1);
    // The process is killed here; the next one finds the message in the file.
    const { notifier: next } = notifierOf({ ops: hook() });
    await next.poll();
    await next.deliverDue();
    expect(receiver.received).toHaveLength(1);
    const [{ headers, text }] = receiver.received as [ReceivedRequest];
    const signature = webhookSignature(
      SECRET,
      String(headers['webhook-id']),
      Number(headers['webhook-timestamp']),
      text,
    );
    expect(headers['webhook-signature']).toBe(signature);
    expect(JSON.parse(text)).toMatchObject({
      type: 'mode.changed',
      data: { pattern_key: S1, who: 'token:anna', why: 'mode off: a test' },
    });
    expect(waiting()).toEqual([]);
  });

  it('[Y4] [Y5] A message is tried six times by the schedule, with the same id, then given up; no log line has a secret', async () => {
    reply = { status: 500 };
    const { notifier, spool } = notifierOf({
      ops: hook(),
      chat: { type: 'telegram', token: TOKEN, chat_id: 1, api: receiver.url },
    });
    await notifier.poll();
    await setOff();
    await notifier.poll();
    const at: number[] = [];
    const started = stores.clock.now;
    while (spool.nextDue() !== undefined) {
      stores.clock.now = Math.max(stores.clock.now, spool.nextDue() ?? 0);
      at.push(stores.clock.now - started);
      await notifier.deliverDue();
    }
    const ids = receiver.received.flatMap(({ headers }) => headers['webhook-id'] ?? []);
    expect([ids.length, new Set(ids).size]).toEqual([6, 1]);
    expect(at.map((ms, i) => (ms - (at[i - 1] ?? 0)) / 1000)).toEqual([0, 5, 300, 1800, 7200, 18_000]);
    expect(lines.filter(line => line.includes('given up'))).toHaveLength(2);
    expect(lines.join()).toContain('http_500');
    expect(lines.join()).not.toMatch(/whsec_|SECRET-PATH|telegram-token|127\.0\.0\.1/);
  });

  it('A notifier that starts polls at once, and delivers what waits from before', async () => {
    const { notifier } = notifierOf({ ops: hook() });
    await notifier.poll();
    await setOff();
    await notifier.poll();
    await setOff(S2);
    const { notifier: next } = notifierOf({ ops: hook() });
    next.start();
    await vi.waitFor(() => expect(receiver.received).toHaveLength(2));
    next.stop();
    await vi.waitFor(() => expect(waiting()).toEqual([]));
  });

  it('An answer 410 ends the target in every process until its configuration changes', async () => {
    const { notifier } = notifierOf({ ops: hook() });
    await notifier.poll();
    await setOff();
    await notifier.poll();
    reply = { status: 410 };
    await notifier.deliverDue();
    reply = { status: 204 };
    await setOff(S2);
    const { notifier: next } = notifierOf({ ops: hook() });
    await next.poll();
    await next.deliverDue();
    expect(receiver.received).toHaveLength(1);
    const changed = { ...hook(), url: `${receiver.url}/new` };
    stores.clock.now += HOUR;
    await setOff(S2);
    const { notifier: last } = notifierOf({ ops: changed });
    await last.poll();
    await last.deliverDue();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/SECRET-PATH', '/new']);
  });

  it('A chat of Telegram gets one message a second, and Retry-After of a target is kept', async () => {
    const chat = { type: 'telegram', token: TOKEN, chat_id: 1, api: receiver.url };
    const { notifier, pauses, spool } = notifierOf({ a: chat });
    await notifier.poll();
    await setOff();
    await setOff(S2);
    await notifier.poll();
    await notifier.deliverDue();
    expect([receiver.received.length, pauses]).toEqual([2, [1000]]);
    reply = { status: 429, headers: { 'retry-after': '90' } };
    stores.clock.now += HOUR;
    await setOff();
    await notifier.poll();
    await notifier.deliverDue();
    expect((spool.nextDue() ?? 0) - stores.clock.now).toBe(90_000);
  });

  it('[Y1] Several pollers at once tell each event once', async () => {
    await notifierOf({ ops: hook() }).notifier.poll();
    const told: NotificationEvent[] = [];
    for (let round = 0; round < 5; round++) {
      await setOff(parsePatternKey(`pm.x${round}.S1.y`)).catch(() => undefined);
      await setOff(round % 2 === 0 ? S1 : S2);
      stores.clock.now += HOUR;
      await Promise.all(
        Array.from({ length: 4 }, () => {
          const { runtime } = stores.another();
          return pollNotifications(
            runtime,
            new Set(['mode.changed']),
            async events => void told.push(...events),
          );
        }),
      );
    }
    expect(told.map(({ pattern_key }) => pattern_key)).toEqual([S1, S2, S1, S2, S1]);
  });

  it('[Y1] A poller that dies before it hands its events over loses none: another does so with the same ids', async () => {
    await pollNotifications(stores.runtime, WANTED, async () => undefined);
    await setOff();
    const handed: NotificationEvent[][] = [];
    const poll = (fails: boolean) =>
      pollNotifications(stores.runtime, WANTED, async events => {
        handed.push([...events]);
        if (fails) throw new Error('killed');
      });
    await expect(poll(true)).rejects.toThrow('killed');
    // The first poller still has its two minutes.
    await poll(false);
    expect(handed).toHaveLength(1);
    stores.clock.now += 2 * MINUTE;
    await poll(false);
    await poll(false);
    expect(handed).toHaveLength(2);
    expect(handed[1]).toEqual(handed[0]);
    // A poll without news writes nothing.
    const before = await stores.runtime.notifications.state();
    await poll(false);
    expect(await stores.runtime.notifications.state()).toEqual(before);
  });

  it('Events can be detected without a write, from a state that the caller keeps', async () => {
    const { state } = await detectEvents(stores.runtime, undefined, WANTED);
    await setOff();
    const { events } = await detectEvents(stores.runtime, state, WANTED);
    expect(events.map(({ type }) => type)).toEqual(['mode.changed']);
    expect(await stores.runtime.notifications.state()).toBeUndefined();
  });

  it('A damaged spool is kept aside, and messages that nobody wants any more are dropped', async () => {
    writeFileSync(spoolPath(), '[{"cut');
    const { notifier, spool } = notifierOf({ ops: hook() });
    expect(readFileSync(`${spoolPath()}.damaged`, 'utf8')).toBe('[{"cut');
    await notifier.poll();
    await setOff();
    await notifier.poll();
    await notifierOf({}).notifier.deliverDue();
    expect(spool.due(stores.clock.now)).toHaveLength(1);
    expect(waiting()).toEqual([]);
    expect(receiver.received).toEqual([]);
  });
});

describe('the file of targets', () => {
  it('[Y5] A file that others can read is refused, and a good one is read anew', () => {
    const path = writeTargets({ ops: hook() }, 0o640);
    expect(() => new NotifyFile(path, log)).toThrow(/mode 640\): run chmod 600/);
    chmodSync(path, 0o600);
    const file = new NotifyFile(path, log);
    expect(Object.keys(file.configuration().targets)).toEqual(['ops']);
    writeTargets({ two: hook() });
    expect(Object.keys(file.configuration().targets)).toEqual(['two']);
    writeTargets({ two: { ...hook(), secret: 'whsec_SECRET' } });
    for (let i = 0; i < 3; i++) expect(Object.keys(file.configuration().targets)).toEqual(['two']);
    expect(lines).toHaveLength(1);
    expect(file.isInvalid).toBe(true);
    expect(lines[0]).toContain('targets.two.secret');
    expect(lines[0]).not.toContain('whsec_SECRET');
    expect(() => new NotifyFile(join(folder, 'none.json'), log)).toThrow(/ENOENT.*--notify/);
  });

  it('A test of a target fails while its file is invalid, and sends nothing', async () => {
    const api = await openApi({
      notifications: { file: writeTargets({ ops: hook() }), folder: undefined },
      log,
    });
    try {
      writeTargets({ ops: { ...hook(), chanel: 'ops' } });
      const test = async () => (await api.send('POST', '/v1/notifications/test', { target: 'ops' })).json();
      expect(await test()).toEqual({ target: 'ops', delivered: false, reason: 'configuration_invalid' });
      expect(receiver.received).toEqual([]);
      writeTargets({ ops: hook() });
      expect(await test()).toEqual({ target: 'ops', delivered: true });
    } finally {
      await api.close();
    }
  });
});

it.each([
  ['protect', /was turned off by the guard: what is in force .* is worse/],
  ['notify', /^what is in force for pm\.guarded\.S1\.entry is worse/],
])(
  '[Y1] Harm that the guard proves with setting %s becomes exactly one guard.harmful at a webhook, over further runs',
  async (guard, sentence) => {
    const pattern = parsePatternKey('pm.guarded.S1.entry');
    const clock = { now: NOW };
    const file = writeTargets({
      ops: { ...hook(), events: ['guard.harmful', 'mode.changed', 'generation.published'] },
    });
    const api = await openApi({
      now: () => clock.now,
      environment: { N_MIN: '10', GUARD: guard },
      notifications: { file, folder: undefined },
      log,
    });
    try {
      const { notifier, runtime, stateMachine } = api.service;
      await notifier?.poll();
      await addHarmfulPattern({ runtime, clock }, pattern);
      for (let i = 0; i < 3; i++) {
        clock.now += i === 0 ? MINUTE : HOUR;
        await (await stateMachine.start(cycleId(iso(clock.now), 'run'), 'system:cycle', {})).done;
        await notifier?.poll();
        await notifier?.deliverDue();
      }
      const bodies = receiver.received.map(
        ({ text }) => JSON.parse(text) as { type: string; data: NotificationEvent },
      );
      expect(bodies.filter(({ type }) => type === 'guard.harmful')).toHaveLength(1);
      expect(bodies.filter(({ type }) => type === 'mode.changed')).toEqual([]);
      const harmful = bodies.find(({ type }) => type === 'guard.harmful');
      expect(harmful?.data.pattern_key).toBe(pattern);
      expect(harmful?.data.sentence).toMatch(sentence);
      const post = (target: string) => api.send('POST', '/v1/notifications/test', { target });
      expect(await (await post('ops')).json()).toEqual({ target: 'ops', delivered: true });
      expect(JSON.parse(receiver.received.at(-1)?.text ?? '')).toMatchObject({ type: 'notification.test' });
      reply = { status: 401 };
      expect(await (await post('ops')).json()).toEqual({
        target: 'ops',
        delivered: false,
        reason: 'http_401',
      });
      const unknown = await post('opps');
      expect([unknown.status, await unknown.json()]).toMatchObject([
        404,
        { code: 'unknown_target', suggestions: ['ops'] },
      ]);
    } finally {
      await api.close();
    }
  },
);
