import { parseJsonText } from '../../json.ts';
import type { ScoreModel } from './score-model.ts';

/** Characters of a part. A stored item takes two; the largest model, of 443 columns, has four. */
const PART_CHARACTERS = 150_000;

/** A piece of a model's JSON. Models are stored as row sets, and a row must fit into an item. */
export interface ScorePart {
  readonly part: number;
  readonly text: string;
}

/** Cuts a model into parts. */
export function scoreParts(model: ScoreModel): ScorePart[] {
  const text = JSON.stringify(model);
  return Array.from({ length: Math.ceil(text.length / PART_CHARACTERS) }, (_, part) => ({
    part,
    text: text.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS),
  }));
}

/** Returns the model of all parts in order. The store has verified them; undefined without parts. */
export function scoreOfParts(parts: readonly ScorePart[]): ScoreModel | undefined {
  return parseJsonText(parts.map(({ text }) => text).join('')) as ScoreModel | undefined;
}
