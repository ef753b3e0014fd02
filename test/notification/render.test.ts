import { describe, expect, it } from 'vitest';
import type { NotificationEvent } from '../../shared/notification/notification-event.ts';
import { renderRequest } from '../../shared/notification/render.ts';
import { deliveryOf, RETRY_MS, retryPause } from '../../shared/notification/retry.ts';
import type { Target } from '../../shared/notification/target.ts';
import { eventsOf, parseConfiguration } from '../../shared/notification/target.ts';
import { webhookSignature } from '../../shared/notification/webhook-signature.ts';
import { iso, NOW } from '../support/episodes.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HOSTILE = '<b>&"</b> <!channel> <@U1> @everyone *_`~|# [x](https://evil.example) \\';

const event = (fields: Partial<NotificationEvent> = {}): NotificationEvent => ({
  id: `msg_${'0'.repeat(32)}`,
  type: 'mode.changed',
  timestamp: iso(NOW),
  pattern_key: 'pm.uptrend.S1.entry',
  sentence: HOSTILE,
  count: 1,
  ...fields,
});

const TARGETS = {
  webhook: { type: 'webhook', url: 'https://example.com/hook', secret: SECRET },
  slack: { type: 'slack', url: 'https://hooks.slack.com/services/T/B/secret' },
  discord: { type: 'discord', url: 'https://discord.com/api/webhooks/1/secret' },
  telegram: { type: 'telegram', token: '123:abcdefghijklmnopqrstuvwxyz', chat_id: '-1001' },
} as const satisfies Record<string, Target>;

const render = (name: keyof typeof TARGETS, fields: Partial<NotificationEvent> = {}, link?: string) => {
  const { url, headers, body } = renderRequest(TARGETS[name], event(fields), link, NOW);
  return { url, headers, body: JSON.parse(body) as Record<string, unknown>, text: body };
};

it('[Y2] The signature of a webhook equals that of the test vector of Standard Webhooks', () => {
  const body = '{"test": 2432232314}';
  expect(webhookSignature(SECRET, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

it('A webhook gets type, timestamp and data, and headers that sign exactly this body', () => {
  const { headers, body, text } = render('webhook', { count: 3 }, 'https://t.example/ui');
  expect(body).toEqual({
    type: 'mode.changed',
    timestamp: iso(NOW),
    data: { ...event({ count: 3 }), link: 'https://t.example/ui#/history/pm.uptrend.S1.entry' },
  });
  const seconds = NOW / 1000;
  expect(headers).toMatchObject({
    'webhook-id': event().id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': webhookSignature(SECRET, event().id, seconds, text),
  });
});

it('Slack gets plain text, which mentions nobody, and an escaped fallback', () => {
  const { body } = render('slack', {}, 'https://t.example/ui');
  const [section, context] = body.blocks as [{ text: object }, { elements: { text: string }[] }];
  expect(section.text).toEqual({ type: 'plain_text', text: HOSTILE, emoji: false });
  expect(body.text).not.toMatch(/[<>]/);
  expect(context.elements[0]?.text).toBe('<https://t.example/ui#/history/pm.uptrend.S1.entry|Open the page>');
});

it('Discord gets escaped markdown within 2,000 characters, and mentions nobody', () => {
  const { body } = render('discord');
  expect(body).toMatchObject({ allowed_mentions: { parse: [] } });
  expect(String(body.content).replaceAll(/\\./g, '')).not.toMatch(/[\\*_~`|>#[\]()<:@]/);
  expect(String(body.content).replaceAll(/\\(.)/g, '$1')).toBe(HOSTILE);
  const long = String(render('discord', { sentence: '*'.repeat(10_000) }).body.content);
  expect(long.length).toBeLessThanOrEqual(2000);
  expect(long.replaceAll('\\*', '')).toBe('…');
});

it('Telegram gets escaped HTML within 4,096 characters, and its token is in the address alone', () => {
  const { url, body, text } = render('telegram', {}, 'https://t.example/ui?a=1&b=2');
  expect(url).toBe('https://api.telegram.org/bot123:abcdefghijklmnopqrstuvwxyz/sendMessage');
  expect(text).not.toContain('abcdefghijklmnopqrstuvwxyz');
  const [before = '', after = ''] = String(body.text).split('\n<a href="');
  expect(before).not.toMatch(/[<>]|&(?!(amp|lt|gt|quot);)/);
  expect(after).toBe('https://t.example/ui?a=1&amp;b=2#/history/pm.uptrend.S1.entry">Open the page</a>');
  const long = String(render('telegram', { sentence: '&'.repeat(10_000) }).body.text);
  expect(long.replaceAll('&amp;', '&').length).toBeLessThanOrEqual(4096);
});

it('A message says for how many findings it stands', () => {
  expect(String(render('telegram', { sentence: 'off', count: 3 }).body.text)).toBe(
    'off (and 2 more of this kind)',
  );
});

describe('the answer of a target', () => {
  it.each([
    [200, undefined, { outcome: 'delivered' }],
    [204, undefined, { outcome: 'delivered' }],
    [302, undefined, { outcome: 'failed', reason: 'http_302' }],
    [404, undefined, { outcome: 'failed', reason: 'http_404' }],
    [410, undefined, { outcome: 'ended', reason: 'http_410' }],
    [429, '7', { outcome: 'failed', reason: 'http_429', retryAfterMs: 7000 }],
    [
      503,
      new Date(NOW + 60_000).toUTCString(),
      { outcome: 'failed', reason: 'http_503', retryAfterMs: 60_000 },
    ],
    [503, 'soon', { outcome: 'failed', reason: 'http_503' }],
  ])('Status %i with Retry-After %s means %j', (status, retryAfter, expected) => {
    expect(deliveryOf(status, retryAfter, NOW)).toEqual(expected);
  });

  it('There are five retries after 5 s, 5 min, 30 min, 2 h and 5 h, and a target may ask for a longer pause', () => {
    expect([1, 2, 3, 4, 5, 6].map(attempts => retryPause(attempts))).toEqual([...RETRY_MS, undefined]);
    expect(RETRY_MS.map(ms => ms / 1000)).toEqual([5, 300, 1800, 7200, 18_000]);
    expect([retryPause(1, 60_000), retryPause(2, 60_000), retryPause(1, 1e12)]).toEqual([
      60_000, 300_000, 18_000_000,
    ]);
  });
});

describe('the configuration', () => {
  const parse = (targets: object) => parseConfiguration(JSON.stringify({ targets }));
  it('A target gets the default kinds unless it lists others', () => {
    const { targets } = parse({
      a: TARGETS.slack,
      b: { ...TARGETS.slack, events: ['generation.published'] },
    });
    const [a, b] = Object.values(targets).map(eventsOf);
    expect(a).toContain('guard.harmful');
    expect(a).not.toContain('generation.published');
    expect(b).toEqual(['generation.published']);
  });

  it.each([
    [{ ops: { ...TARGETS.webhook, secret: 'whsec_c2hvcnQtU0VDUkVU' } }, 'targets.ops.secret'],
    [{ ops: { ...TARGETS.webhook, url: 'https://anna:SECRET@example.com' } }, 'targets.ops.url'],
    [{ ops: { ...TARGETS.webhook, url: 'ftp://example.com/SECRET' } }, 'targets.ops.url'],
    [{ ops: { ...TARGETS.telegram, token: 'SECRET' } }, 'targets.ops.token'],
    [{ ops: { ...TARGETS.slack, events: ['client.stale'] } }, 'targets.ops.events'],
    [{ ops: { type: 'mail', to: 'SECRET' } }, 'targets.ops'],
    [{ '<ops>': TARGETS.slack }, 'targets'],
  ])('An invalid target is refused by its place, without its secret: %j', (targets, place) => {
    const error = (() => {
      try {
        return parse(targets) && undefined;
      } catch (thrown) {
        return thrown as { message: string; issues: readonly { path: string }[] };
      }
    })();
    expect(error?.issues[0]?.path.startsWith(place)).toBe(true);
    expect(JSON.stringify(error) + error?.message).not.toMatch(/SECRET|c2hvcnQ/);
  });

  it('Text that is no JSON is refused without any of it', () => {
    expect(() => parseConfiguration('{"secret": whsec_SECRET')).toThrow(/^it is no JSON$/);
  });
});
