import type { PatternKey } from '../pattern/pattern-key.ts';
import * as keys from './keys.ts';

/**
 * Returns a consistent query for the rows of one episode and its outcomes. Its result may also hold rows of an episode
 * whose id ends with one more space; the caller leaves them out (`episodeSpan`).
 */
export function episodeQuery(pattern: PatternKey, episodeId: string) {
  const [first, last] = keys.episodeSpan(episodeId);
  return {
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :p AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':p': keys.eventPartition(pattern, episodeId),
      ':first': first,
      ':last': last,
    },
  };
}
