import { firstHashBits } from './arm-hash.ts';

/** The arms of a rollout: `candidate` gets the generation that is tried, `control` the one in force. */
export type Arm = 'candidate' | 'control';

/** The members that decide the arm of an episode. */
export interface Split {
  /** Text before the episode id: pattern key, colon, hash of the candidate's content. */
  readonly salt: string;
  /** Share of the episodes that get the candidate, 0 to 1. */
  readonly share: number;
}

const TWO_TO_32 = 2 ** 32;

/**
 * Returns the arm of an episode. Server, client and edge use this function, so an episode has the same arm in each. An
 * episode of the candidate stays there when the share grows.
 *
 * SHA-256 over salt and episode id in UTF-8, without a separator; its first 32 bits, big-endian, over 2^32 are a fraction
 * from 0 to 1. Below the share it is the candidate's. With the salt `pm.uptrend.S1.entry:0` the episode `e-1` has
 * 0.18312.
 * @param episodeId undefined: `control`
 */
export function armOf({ salt, share }: Split, episodeId: string | undefined): Arm {
  if (episodeId === undefined) return 'control';
  return firstHashBits(salt + episodeId) / TWO_TO_32 < share ? 'candidate' : 'control';
}
