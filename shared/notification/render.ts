import type { NotificationEvent } from './notification-event.ts';
import { cutText } from './one-line.ts';
import type { Target } from './target.ts';
import { webhookSignature } from './webhook-signature.ts';

/** A request to a target. Its URL and its headers can hold secrets. */
export interface TargetRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Longest messages, UTF-16 code units: of Telegram without markup, of Discord and of a block of Slack as sent. */
const TELEGRAM_LENGTH = 4096;
const DISCORD_LENGTH = 2000;
const SLACK_LENGTH = 3000;
/** Discord's flag that keeps previews of links out. */
const SUPPRESS_EMBEDS = 4;

const JSON_TYPE = { 'content-type': 'application/json', 'user-agent': 'pm-tuning' } as const;

/**
 * Returns the request that carries an event to a target.
 * @param link address of the page, if there is one
 * @param now milliseconds since 1970
 */
export function renderRequest(
  target: Target,
  event: NotificationEvent,
  link: string | undefined,
  now: number,
): TargetRequest {
  const url = pageLink(link, event);
  switch (target.type) {
    case 'webhook':
      return webhookRequest(target, event, url, now);
    case 'slack':
      return jsonRequest(target.url, slackMessage(event, url));
    case 'discord':
      return jsonRequest(target.url, discordMessage(event, url));
    case 'telegram': {
      const { token, chat_id, api = 'https://api.telegram.org' } = target;
      const address = `${api.replace(/\/$/, '')}/bot${token}/sendMessage`;
      return jsonRequest(address, { chat_id, ...telegramMessage(event, url) });
    }
  }
}

/** Returns the address of the page's screen about an event. */
function pageLink(link: string | undefined, { pattern_key, type }: NotificationEvent): string | undefined {
  if (link === undefined) return undefined;
  if (pattern_key === undefined) return `${link}#/${type.startsWith('cycle.') ? 'runs' : 'overview'}`;
  const screen = /^(guard|rollout)\./.test(type) ? 'guard' : 'history';
  return `${link}#/${screen}/${encodeURIComponent(pattern_key)}`;
}

function jsonRequest(url: string, body: object): TargetRequest {
  return { url, headers: JSON_TYPE, body: JSON.stringify(body) };
}

function webhookRequest(
  { url, secret }: Extract<Target, { type: 'webhook' }>,
  event: NotificationEvent,
  link: string | undefined,
  now: number,
): TargetRequest {
  const { type, timestamp } = event;
  const body = JSON.stringify({ type, timestamp, data: { ...event, ...(link !== undefined && { link }) } });
  const seconds = Math.floor(now / 1000);
  const headers = {
    ...JSON_TYPE,
    'webhook-id': event.id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': webhookSignature(secret, event.id, seconds, body),
  };
  return { url, headers, body };
}

/** Returns the sentence, and how many more findings of its kind it stands for. */
function textOf({ sentence, count }: NotificationEvent): string {
  return count > 1 ? `${sentence} (and ${count - 1} more of this kind)` : sentence;
}

/** Slack reads three characters as markup; a block of plain text reads none, and mentions nobody. */
function slackMessage(event: NotificationEvent, link: string | undefined): object {
  const text = cutText(textOf(event), SLACK_LENGTH);
  return {
    text: escapeHtml(text),
    mrkdwn: false,
    unfurl_links: false,
    blocks: [
      { type: 'section', text: { type: 'plain_text', text, emoji: false } },
      ...(link === undefined
        ? []
        : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${escapeHtml(link)}|Open the page>` }] }]),
    ],
  };
}

/** Characters with which Discord's markdown begins anything; a backslash before one makes it text. */
const DISCORD_MARKUP = /[\\*_~`|>#\-[\]()<:@]/g;

function discordMessage(event: NotificationEvent, link: string | undefined): object {
  const tail = link === undefined ? '' : `\n<${link}>`;
  // An escaped text can be twice as long; it is cut before, so that no half escape is left.
  const escaped = (text: string): string => text.replaceAll(DISCORD_MARKUP, '\\$&');
  const room = DISCORD_LENGTH - tail.length;
  const text = textOf(event);
  const fits = escaped(text).length <= room;
  const content = `${fits ? escaped(text) : escaped(cutText(text, Math.floor(room / 2)))}${tail}`;
  return { content, allowed_mentions: { parse: [] }, flags: SUPPRESS_EMBEDS };
}

function telegramMessage(event: NotificationEvent, link: string | undefined): object {
  const tail = link === undefined ? '' : `\n<a href="${escapeHtml(link)}">Open the page</a>`;
  // Telegram counts what is left after its markup is read.
  const text = escapeHtml(cutText(textOf(event), TELEGRAM_LENGTH - '\nOpen the page'.length));
  return { text: `${text}${tail}`, parse_mode: 'HTML', link_preview_options: { is_disabled: true } };
}

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, character => HTML[character] ?? character);
}
