import { createHmac } from 'node:crypto';

/**
 * Returns the value of `webhook-signature`: `v1,` and the HMAC-SHA256 of `ID.TIMESTAMP.BODY` in base64. Source: Standard
 * Webhooks 1.0.
 * @param secret `whsec_` and the key in base64
 * @param timestamp seconds since 1970
 */
export function webhookSignature(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
