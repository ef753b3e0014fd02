import { setTimeout as delay } from 'node:timers/promises';
import { CHAT_PAUSE_MS, deliver, logDelivery, testEvent } from '../../shared/delivery/deliver.ts';
import type { Log } from '../../shared/log.ts';
import type { NotificationEvent } from '../../shared/notification/notification-event.ts';
import type { NotificationStore } from '../../shared/notification/notification-state.ts';
import type { PollDeps } from '../../shared/notification/poll.ts';
import { pollNotifications } from '../../shared/notification/poll.ts';
import type { Delivery } from '../../shared/notification/retry.ts';
import { retryPause } from '../../shared/notification/retry.ts';
import type { NotificationConfiguration, Target } from '../../shared/notification/target.ts';
import { targetHash, targetNamed, targetsOf, wantedEvents } from '../../shared/notification/target.ts';
import type { NotificationTester, TargetTest } from '../../shared/notification/target-test.ts';
import { findTarget } from '../../shared/notification/target-test.ts';
import type { NotificationSpool, WaitingMessage } from './notification-spool.ts';

/** Milliseconds between two polls. */
const POLL_MS = 60_000;
/** Attempts for each target between two polls: a target that hangs takes ten seconds for each. */
const ATTEMPTS_AT_ONCE = 5;

interface NotifierDeps extends PollDeps {
  readonly notifications: NotificationStore;
  readonly log: Log;
  readonly spool: NotificationSpool;
  readonly configuration: () => NotificationConfiguration;
  /** Returns true when the source of the configuration is invalid, and an earlier one is in use. */
  readonly isOutdated?: () => boolean;
  /** Waits milliseconds; tests put their clock in its place. */
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** Polls for events, keeps them in the spool, and sends them to the targets. No request waits for it. */
export class Notifier implements NotificationTester {
  readonly #deps: NotifierDeps;
  readonly #sentAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #nextPoll = 0;
  #stopped = false;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** Polls at once, then every minute, and delivers what is due. */
  start(): void {
    void this.#turn();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    const { now, spool } = this.#deps;
    if (now() >= this.#nextPoll) {
      this.#nextPoll = now() + POLL_MS;
      await this.poll();
    }
    await this.deliverDue();
    if (this.#stopped) return;
    const next = Math.min(this.#nextPoll, spool.nextDue() ?? Number.POSITIVE_INFINITY);
    this.#timer = setTimeout(() => void this.#turn(), Math.max(0, Math.min(POLL_MS, next - now())));
  }

  /** Finds new events and keeps them in the spool. It never throws. */
  async poll(): Promise<void> {
    const { configuration, log } = this.#deps;
    try {
      const current = configuration();
      await pollNotifications(this.#deps, wantedEvents(current), events => this.#keep(current, events));
    } catch (error) {
      log.error('notifications not polled', error);
    }
  }

  async #keep(current: NotificationConfiguration, events: readonly NotificationEvent[]): Promise<void> {
    const { spool, now } = this.#deps;
    for (const event of events)
      for (const name of targetsOf(current, event.type)) spool.add(name, event, now());
    await spool.save();
  }

  /** Makes the attempts that are due: those of one target one after the other, those of several side by side. */
  async deliverDue(): Promise<void> {
    const { spool, now, notifications, log } = this.#deps;
    const due = spool.due(now());
    if (due.length === 0) return;
    try {
      const ended = new Map(await notifications.ended());
      const byTarget = Map.groupBy(due, ({ target }) => target);
      await Promise.all(
        [...byTarget.values()].map(async messages => {
          for (const message of messages.slice(0, ATTEMPTS_AT_ONCE))
            if (!this.#stopped) await this.#attempt(message, ended);
        }),
      );
    } catch (error) {
      log.error('notifications not delivered', error);
    }
  }

  async #attempt(message: WaitingMessage, ended: Map<string, string>): Promise<void> {
    const { configuration, spool, notifications } = this.#deps;
    const current = configuration();
    const target = targetNamed(current, message.target);
    if (!target || ended.get(message.target) === targetHash(target)) spool.remove(message);
    else {
      const result = await this.#send(target, message.event, current.link);
      if (result.outcome === 'ended') {
        await notifications.end(message.target, targetHash(target));
        ended.set(message.target, targetHash(target));
      }
      this.#settle(message, result);
    }
    await spool.save();
  }

  async #send(target: Target, event: NotificationEvent, link: string | undefined): Promise<Delivery> {
    const { now, sleep = delay } = this.#deps;
    if (target.type === 'telegram') {
      const chat = `${target.token} ${target.chat_id}`;
      const pause = (this.#sentAt.get(chat) ?? Number.NEGATIVE_INFINITY) + CHAT_PAUSE_MS - now();
      if (pause > 0) await sleep(pause);
      this.#sentAt.set(chat, now());
    }
    return deliver(target, event, { link, loopbackHttp: true, now });
  }

  #settle(message: WaitingMessage, result: Delivery): void {
    const { spool, log, now } = this.#deps;
    const attempts = message.attempts + 1;
    const fields = { target: message.target, event: message.event.id, type: message.event.type, attempts };
    logDelivery(log, result, fields);
    const pause = result.outcome === 'failed' ? retryPause(attempts, result.retryAfterMs) : undefined;
    if (pause !== undefined) spool.replace({ ...message, attempts, due: now() + pause });
    else spool.remove(message);
    if (result.outcome === 'failed')
      log.warn(
        pause === undefined ? 'notification given up after its last attempt' : 'notification not delivered',
        {
          ...fields,
          reason: result.reason,
        },
      );
  }

  async test(name: string): Promise<TargetTest> {
    const current = this.#deps.configuration();
    // The message would go to the target as it was, and tell nothing about the file.
    if (this.#deps.isOutdated?.()) return { target: name, delivered: false, reason: 'configuration_invalid' };
    const target = findTarget(current, name);
    const result = await this.#send(target, testEvent(name, this.#deps.now()), current.link);
    const delivered = result.outcome === 'delivered';
    return { target: name, delivered, ...(!delivered && { reason: result.reason }) };
  }
}
