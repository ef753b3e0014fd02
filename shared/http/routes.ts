import * as z from 'zod';
import { cycleOptionsSchema } from '../cycle/cycle.ts';
import { episodeEventSchema, outcomeReportSchema } from '../episode/episode-schema.ts';
import type { FaultCode } from '../errors.ts';
import type { Endpoint } from './endpoints.ts';
import { ENDPOINTS, MAX_ITEMS } from './endpoints.ts';
import { changesPageSchema, changeTime } from './schemas/changes.ts';
import { cyclePageSchema, cycleStartedSchema, cyclesPageSchema } from './schemas/cycles.ts';
import { evidenceAnswerSchema } from './schemas/evaluation.ts';
import { flag, pageQuery } from './schemas/fields.ts';
import { ingestAnswerSchema, outcomesAnswerSchema } from './schemas/ingest.ts';
import { lessonsPageSchema } from './schemas/lessons.ts';
import { lookupQuerySchema, lookupRequestSchema, snapshotQuerySchema } from './schemas/lookup.ts';
import { compactSnapshotSchema, lookupAnswerSchema, snapshotSchema } from './schemas/lookup-answer.ts';
import { nMinAnswerSchema, nMinQuerySchema } from './schemas/n-min.ts';
import { overridesPageSchema } from './schemas/overrides.ts';
import {
  generationsAnswerSchema,
  headAnswerSchema,
  modeRequestSchema,
  rollbackRequestSchema,
  settingsAnswerSchema,
  settingsRequestSchema,
} from './schemas/patterns.ts';
import { statusSchema } from './schemas/status.ts';
import { whatIfAnswerSchema, whatIfQuerySchema, whatIfRequestSchema } from './schemas/what-if.ts';

/** An endpoint with the schemas of its requests and answers. The OpenAPI document is made from it. */
export interface Route extends Endpoint {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The schema of the body for each status of success; null for a status without a body. Errors are a `Problem`. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Codes of problems that this route has besides those that every route may have. */
  readonly problems?: readonly FaultCode[];
}

const patternQuery = z.strictObject({ pattern_key: z.string().max(256) });
const patternPageQuery = pageQuery.extend({
  ...patternQuery.shape,
  cycle_id: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'what this run computed, instead of what is in force; readable for a day' }),
});

export const ROUTES = {
  postEvents: {
    ...ENDPOINTS.postEvents,
    summary: 'Store episode events: one, or up to 500. The same event can be sent again without effect.',
    body: z.union([
      episodeEventSchema,
      z.strictObject({ events: z.array(episodeEventSchema).max(MAX_ITEMS) }),
    ]),
    answers: { 200: ingestAnswerSchema, 207: ingestAnswerSchema },
    problems: ['all_rejected', 'too_many_items'],
  },
  postOutcomes: {
    ...ENDPOINTS.postOutcomes,
    summary: 'Record the outcomes of episodes. An outcome that arrives before its event is parked.',
    body: z.strictObject({ outcomes: z.array(outcomeReportSchema).max(MAX_ITEMS) }),
    answers: { 200: outcomesAnswerSchema, 207: outcomesAnswerSchema },
    problems: ['all_rejected', 'too_many_items'],
  },
  postLookup: {
    ...ENDPOINTS.postLookup,
    summary: 'Get the overrides in force for a scope. Without one in force the answer is neutral.',
    body: lookupRequestSchema,
    answers: { 200: lookupAnswerSchema },
  },
  getLookup: {
    ...ENDPOINTS.getLookup,
    summary: 'The same look-up with query parameters: scope.NAME=value, thresholds.NAME=number.',
    query: lookupQuerySchema,
    answers: { 200: lookupAnswerSchema },
  },
  getSnapshot: {
    ...ENDPOINTS.getSnapshot,
    summary:
      'Get all overrides of a pattern, to resolve look-ups in the client; form=compact: in columns. Supports If-None-Match.',
    query: snapshotQuerySchema,
    answers: { 200: z.union([snapshotSchema, compactSnapshotSchema]), 304: null },
  },
  getOverrides: {
    ...ENDPOINTS.getOverrides,
    summary: 'List the overrides of the generation in force, or those that a run computed.',
    query: patternPageQuery,
    answers: { 200: overridesPageSchema },
    problems: ['unknown_pattern', 'unknown_cycle', 'trial_expired', 'invalid_page_token'],
  },
  getLessons: {
    ...ENDPOINTS.getLessons,
    summary:
      'List the lessons in force, or those that a run computed; near=true: the slices just below n_min.',
    query: patternPageQuery.extend({ near: flag.default(false) }),
    answers: { 200: lessonsPageSchema },
    problems: ['unknown_pattern', 'unknown_cycle', 'trial_expired', 'invalid_page_token'],
  },
  getStatus: {
    ...ENDPOINTS.getStatus,
    summary: 'Get the health and the totals of the whole system, and its patterns page by page.',
    query: pageQuery,
    answers: { 200: statusSchema },
  },
  postCycle: {
    ...ENDPOINTS.postCycle,
    summary:
      'Start a cycle now, or a trial. With wait=true the answer is its record, if it finishes in time.',
    query: z.strictObject({ wait: flag.default(false) }),
    body: cycleOptionsSchema,
    answers: { 200: cyclePageSchema, 202: cycleStartedSchema },
    problems: ['unknown_pattern', 'policy_not_available', 'as_of_out_of_range', 'reason_required'],
  },
  getCycles: {
    ...ENDPOINTS.getCycles,
    summary: 'List the cycles without their patterns, newest first.',
    query: pageQuery,
    answers: { 200: cyclesPageSchema },
  },
  getCycle: {
    ...ENDPOINTS.getCycle,
    summary:
      'Get the record of one cycle, and page by page the result of each pattern and the reason for it.',
    query: pageQuery,
    answers: { 200: cyclePageSchema },
    problems: ['unknown_cycle'],
  },
  getChanges: {
    ...ENDPOINTS.getChanges,
    summary: 'List who changed modes, settings and generations, over all patterns, newest first.',
    query: pageQuery.extend({
      pattern_key: z.string().max(256).optional(),
      from: changeTime.optional(),
      to: changeTime.optional(),
    }),
    answers: { 200: changesPageSchema },
    problems: ['invalid_page_token', 'unknown_pattern'],
  },
  getGenerations: {
    ...ENDPOINTS.getGenerations,
    summary:
      'List the retained generations of a pattern and its audit. diff=A,B compares two of them, and pages the changes.',
    query: pageQuery.extend({
      diff: z
        .string()
        .regex(/^\d{1,9},\d{1,9}$/, 'must be two generations such as 3,4')
        .optional(),
    }),
    answers: { 200: generationsAnswerSchema },
    problems: ['unknown_pattern', 'unknown_generation'],
  },
  getEvidence: {
    ...ENDPOINTS.getEvidence,
    summary: 'Get the walk-forward backtest of every policy on the events of the last four weeks.',
    answers: { 200: evidenceAnswerSchema },
    problems: ['unknown_pattern'],
  },
  getNMin: {
    ...ENDPOINTS.getNMin,
    summary: 'Compare what each N_MIN from 10 to 60 finds in the events of a pattern with what chance finds.',
    query: nMinQuerySchema,
    answers: { 200: nMinAnswerSchema },
    problems: ['unknown_pattern'],
  },
  postWhatIf: {
    ...ENDPOINTS.postWhatIf,
    summary: 'Replay past events of a slice with a threshold at other values. Changes nothing.',
    body: whatIfRequestSchema,
    answers: { 200: whatIfAnswerSchema },
    problems: ['unknown_pattern'],
  },
  getWhatIf: {
    ...ENDPOINTS.getWhatIf,
    summary:
      'The same what-if with query parameters: scope.NAME=value, payoff.win=number, payoff.loss=number.',
    query: whatIfQuerySchema,
    answers: { 200: whatIfAnswerSchema },
    problems: ['unknown_pattern'],
  },
  putMode: {
    ...ENDPOINTS.putMode,
    summary: 'Set the mode of a pattern. Look-ups use it as soon as this request is answered.',
    body: modeRequestSchema,
    answers: { 200: headAnswerSchema },
    problems: ['unknown_pattern', 'head_changed'],
  },
  putSettings: {
    ...ENDPOINTS.putSettings,
    summary: 'Set some settings of a pattern. They apply from the next cycle on; the others do not change.',
    body: settingsRequestSchema,
    answers: { 200: settingsAnswerSchema },
    problems: ['unknown_pattern', 'policy_not_available', 'head_changed'],
  },
  postRollback: {
    ...ENDPOINTS.postRollback,
    summary: 'Put a past generation back in force. A live pattern becomes frozen with it.',
    body: rollbackRequestSchema,
    answers: { 200: headAnswerSchema },
    problems: ['unknown_pattern', 'unknown_generation', 'head_changed'],
  },
  getHealth: {
    ...ENDPOINTS.getHealth,
    summary: 'Check that the service is running.',
    answers: { 200: z.object({ ok: z.literal(true) }) },
  },
  getOpenApi: {
    ...ENDPOINTS.getOpenApi,
    summary: 'Get this document.',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
} as const satisfies Readonly<Record<string, Route>>;
