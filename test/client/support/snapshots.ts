import type { Head, Mode } from '../../../shared/generation/head.ts';
import type { ServiceMode } from '../../../shared/generation/service-mode.ts';
import { compactOverrides } from '../../../shared/http/compact-overrides.ts';
import { ACTION_CATEGORIES } from '../../../shared/lever/lever.ts';
import { inForceOf, lookUp } from '../../../shared/lookup/look-up.ts';
import { indexTag, snapshotDigest, snapshotEntry, snapshotHead } from '../../../shared/lookup/snapshot.ts';
import type { Override, ResolutionMethod } from '../../../shared/override/override.ts';
import { OverrideIndex } from '../../../shared/override/override-index.ts';
import type { PatternKey } from '../../../shared/pattern/pattern-key.ts';
import { normalizeScope } from '../../../shared/pattern/scope.ts';
import { publishedHead } from '../../support/published-head.ts';

/** The head and the overrides that a service has in force for one pattern. */
export interface Published {
  readonly pattern: PatternKey;
  readonly head: Head;
  readonly overrides: readonly Override[];
  /** Those of the candidate, where the head has one. */
  readonly tried?: readonly Override[];
}

export function published(
  pattern: PatternKey,
  overrides: readonly Override[],
  {
    generation = 1,
    mode = 'live',
    resolution = 'blend',
    hash = String(generation),
  }: {
    generation?: number;
    mode?: Mode;
    resolution?: ResolutionMethod;
    hash?: string;
  } = {},
): Published {
  const head = publishedHead({ mode, current: { generation, hash, resolution } }, overrides.length);
  return { pattern, head, overrides };
}

/** Returns the snapshot as the service answers it, in columns. */
export function snapshotDocument(
  { pattern, head, overrides, tried = [] }: Published,
  service: ServiceMode = 'live',
): Record<string, unknown> & { readonly etag: string } {
  const document = snapshotHead(pattern, head, 'drift', service);
  const served = document.mode === 'live' || document.mode === 'frozen' ? overrides : [];
  const candidate = document.candidate && { ...document.candidate, ...rowsOf(tried) };
  return { ...document, ...rowsOf(served), ...(candidate && { candidate }) };
}

const rowsOf = (overrides: readonly Override[]) => ({
  sha256: snapshotDigest(overrides),
  overrides: compactOverrides(overrides),
});

/** Returns the index as the service answers it. */
export function indexDocument(
  all: readonly Published[],
  mode: ServiceMode = 'live',
): Record<string, unknown> & { readonly etag: string } {
  const patterns = all.map(({ pattern, head }) => snapshotEntry(snapshotHead(pattern, head, 'drift', mode)));
  return { schema: 1, etag: indexTag(patterns, mode), poll_seconds: 15, mode, patterns };
}

/** Answers a look-up as the service does. */
export function serverAnswer(
  { pattern, head, overrides }: Published,
  scope: object,
  thresholds: Readonly<Record<string, number>>,
  resolution?: ResolutionMethod,
) {
  const request = { pattern, scope: normalizeScope(scope), thresholds, resolution, explain: false };
  return lookUp(request, inForceOf(pattern, head, 'drift'), new OverrideIndex(overrides, ACTION_CATEGORIES));
}
