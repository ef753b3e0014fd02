import * as z from 'zod';
import { CYCLE_ID_FORM, cycleOptionsSchema } from '../cycle/cycle.ts';
import { episodeEventSchema, outcomeReportSchema, patternKeyInputSchema } from '../episode/episode-schema.ts';
import type { FaultCode } from '../errors.ts';
import type { Endpoint } from './endpoints.ts';
import { ENDPOINTS, MAX_ITEMS } from './endpoints.ts';
import { changesPageSchema, changeTime } from './schemas/changes.ts';
import { cyclePageSchema, cycleStartedSchema, cyclesPageSchema } from './schemas/cycles.ts';
import { doctorAnswerSchema } from './schemas/doctor.ts';
import { evidenceAnswerSchema } from './schemas/evaluation.ts';
import {
  eventsPageSchema,
  eventsQuerySchema,
  parkedPageSchema,
  parkedQuerySchema,
} from './schemas/events.ts';
import { flag, pageQuery } from './schemas/fields.ts';
import { guardAnswerSchema } from './schemas/guard.ts';
import {
  ingestAnswerSchema,
  ingestProblemSchema,
  outcomesAnswerSchema,
  outcomesProblemSchema,
} from './schemas/ingest.ts';
import { lessonsPageSchema } from './schemas/lessons.ts';
import {
  lookupQuerySchema,
  lookupRequestSchema,
  snapshotQuerySchema,
  snapshotsQuerySchema,
} from './schemas/lookup.ts';
import {
  compactSnapshotSchema,
  lookupAnswerSchema,
  snapshotSchema,
  snapshotsPageSchema,
} from './schemas/lookup-answer.ts';
import { nMinAnswerSchema, nMinQuerySchema } from './schemas/n-min.ts';
import { notificationTestAnswerSchema, notificationTestRequestSchema } from './schemas/notifications.ts';
import { flagErrorSchema, flagRequestSchema, flagSchema, flagsSchema } from './schemas/ofrep.ts';
import { overridesPageSchema } from './schemas/overrides.ts';
import {
  ONE_VALID_ITEM,
  payoffParameters,
  scopeParameters,
  thresholdParameters,
} from './schemas/parameters.ts';
import {
  generationsAnswerSchema,
  headAnswerSchema,
  modeRequestSchema,
  rollbackRequestSchema,
  rolloutRequestSchema,
  settingsAnswerSchema,
  settingsRequestSchema,
} from './schemas/patterns.ts';
import { serviceModeAnswerSchema, serviceModeRequestSchema } from './schemas/service-mode.ts';
import { statusSchema } from './schemas/status.ts';
import { whatIfAnswerSchema, whatIfQuerySchema, whatIfRequestSchema } from './schemas/what-if.ts';
import { writerExclusionSchema, writerRequestSchema, writersPageSchema } from './schemas/writers.ts';
import { selectionQuery } from './selected-rows.ts';

/** An endpoint with the schemas of its requests and answers. The OpenAPI document is made from it. */
export interface Route extends Endpoint {
  readonly summary: string;
  readonly query?: z.ZodObject;
  /** Query parameters `PREFIX.NAME` whose name the caller chooses, by prefix; each schema is that of an object. */
  readonly chosenNames?: Readonly<Record<string, z.ZodType>>;
  readonly body?: z.ZodType;
  /** The schema of the body for each status of success; null for a status without a body. Errors are a `Problem`. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
  /** Cache-Control of successes; `no-store` unless given. */
  readonly caching?: 'no-cache';
  /** Codes of problems besides those that follow from the path, query and body (`problem-codes.ts`). */
  readonly problems?: readonly FaultCode[];
  /** The schema of a problem with status 400, where it has further members. */
  readonly invalid?: z.ZodType;
  /** The schema of errors, as `application/json`, where they are no problem details. */
  readonly errors?: z.ZodType;
}

/**
 * Returns the schema of a list of items. An invalid item is rejected alone (207), so a list must be empty or have a valid
 * one. The limit of items is no `maxItems`: a request beyond it is too large (413), and not invalid (400).
 */
function itemList<Item extends z.ZodType>(item: Item) {
  return z.array(item).meta({
    [ONE_VALID_ITEM]: true,
    description: `At most ${MAX_ITEMS} items; more are 413 too_many_items. An invalid item is rejected alone (207).`,
  });
}

/** Problems of each route that reads or writes the store. Look-ups are neutral instead. */
const STORE = ['internal', 'store_throttled', 'store_unavailable'] as const;
/** Problems of each route that reads rows of a generation. */
const GENERATION = [...STORE, 'damaged_generation'] as const;
/** Problems of each route for one known pattern. */
const PATTERN = ['invalid_pattern_key', 'unknown_pattern'] as const;
/** Problems of each route that reads the events of a pattern. */
const EVENTS = [...STORE, ...PATTERN, 'damaged_event'] as const;
/** Problems of each list of a generation or of a run. */
const LIST = [...GENERATION, ...PATTERN, 'unknown_cycle', 'trial_expired', 'invalid_page_token'] as const;
/** The codes of a request with one item that cannot be read. */
const ITEM = ['all_rejected', 'too_many_items', 'timestamp_out_of_range', 'invalid_pattern_key'] as const;

const patternPageQuery = pageQuery.extend({
  pattern_key: patternKeyInputSchema,
  cycle_id: z.string().min(1).max(128).optional().meta({
    pattern: CYCLE_ID_FORM,
    description: 'what this run computed, instead of what is in force; readable for a day',
  }),
});

export const ROUTES = {
  postEvents: {
    ...ENDPOINTS.postEvents,
    summary: 'Store episode events: one, or up to 500. The same event can be sent again without effect.',
    body: z.union([episodeEventSchema, z.strictObject({ events: itemList(episodeEventSchema) })]),
    answers: { 200: ingestAnswerSchema, 207: ingestAnswerSchema },
    problems: [
      ...STORE,
      ...ITEM,
      'invalid_scope',
      'invalid_event',
      'event_conflict',
      'outcome_conflict',
      'outcome_before_event',
      'not_your_episode',
      'too_many_patterns',
      'event_too_large',
    ],
    invalid: ingestProblemSchema,
  },
  postOutcomes: {
    ...ENDPOINTS.postOutcomes,
    summary: 'Record the outcomes of episodes. An outcome that arrives before its event is parked.',
    body: z.strictObject({ outcomes: itemList(outcomeReportSchema) }),
    answers: { 200: outcomesAnswerSchema, 207: outcomesAnswerSchema },
    problems: [
      ...STORE,
      ...ITEM,
      'invalid_outcome',
      'outcome_conflict',
      'outcome_before_event',
      'factor_conflict',
      'event_too_large',
      'too_many_corrections',
      'not_your_episode',
      'too_many_patterns',
    ],
    invalid: outcomesProblemSchema,
  },
  postLookup: {
    ...ENDPOINTS.postLookup,
    summary: 'Get the overrides in force for a scope. Without one in force the answer is neutral.',
    body: lookupRequestSchema,
    answers: { 200: lookupAnswerSchema },
    problems: ['invalid_pattern_key', 'invalid_scope'],
  },
  getLookup: {
    ...ENDPOINTS.getLookup,
    summary: 'The same look-up with query parameters: scope.NAME=value, thresholds.NAME=number.',
    query: lookupQuerySchema,
    chosenNames: { scope: scopeParameters, thresholds: thresholdParameters },
    answers: { 200: lookupAnswerSchema },
    problems: ['invalid_pattern_key', 'invalid_scope'],
  },
  getSnapshots: {
    ...ENDPOINTS.getSnapshots,
    summary: 'List the snapshots with their tags: what a client polls. Supports If-None-Match.',
    query: snapshotsQuerySchema,
    answers: { 200: snapshotsPageSchema, 304: null },
    caching: 'no-cache',
    problems: [...GENERATION, 'invalid_page_token'],
  },
  getSnapshot: {
    ...ENDPOINTS.getSnapshot,
    summary:
      'Get all overrides of a pattern, to resolve look-ups in the client; form=compact: in columns. Supports If-None-Match.',
    query: snapshotQuerySchema,
    answers: { 200: z.union([snapshotSchema, compactSnapshotSchema]), 304: null },
    caching: 'no-cache',
    problems: [...GENERATION, 'invalid_pattern_key'],
  },
  postFlag: {
    ...ENDPOINTS.postFlag,
    summary:
      'Evaluate one flag of the OpenFeature Remote Evaluation Protocol: PATTERN, PATTERN.THRESHOLD or PATTERN.THRESHOLD.delta.',
    body: flagRequestSchema,
    answers: { 200: flagSchema },
    problems: ['invalid_request', 'not_found'],
    errors: flagErrorSchema,
  },
  postFlags: {
    ...ENDPOINTS.postFlags,
    summary: 'Evaluate the flag of each pattern with a generation. Supports If-None-Match.',
    body: flagRequestSchema,
    answers: { 200: flagsSchema, 304: null },
    caching: 'no-cache',
    problems: [...GENERATION, 'invalid_request'],
    errors: flagErrorSchema,
  },
  getOverrides: {
    ...ENDPOINTS.getOverrides,
    summary: 'List the overrides of the generation in force, or those that a run computed.',
    query: patternPageQuery.extend(selectionQuery(['n', 'confidence', 'effect'])),
    answers: { 200: overridesPageSchema },
    problems: LIST,
  },
  getLessons: {
    ...ENDPOINTS.getLessons,
    summary:
      'List the lessons in force, or those that a run computed; near=true: the slices just below n_min.',
    query: patternPageQuery.extend({ near: flag.default(false), ...selectionQuery(['n', 'q']) }),
    answers: { 200: lessonsPageSchema },
    problems: LIST,
  },
  getStatus: {
    ...ENDPOINTS.getStatus,
    summary: 'Get the health and the totals of the whole system, and its patterns page by page.',
    query: pageQuery.extend({
      retired: flag
        .default(false)
        .meta({ description: 'list the retired patterns too; the totals leave them out' }),
    }),
    answers: { 200: statusSchema },
    problems: [...STORE, 'invalid_page_token'],
  },
  postCycle: {
    ...ENDPOINTS.postCycle,
    summary:
      'Start a cycle now, or a trial. With wait=true the answer is its record, if it finishes in time.',
    query: z.strictObject({ wait: flag.default(false) }),
    body: cycleOptionsSchema,
    answers: { 200: cyclePageSchema, 202: cycleStartedSchema },
    problems: [
      ...STORE,
      ...PATTERN,
      'policy_not_available',
      'as_of_out_of_range',
      'reason_required',
      'cycle_not_started',
    ],
  },
  getCycles: {
    ...ENDPOINTS.getCycles,
    summary: 'List the cycles without their patterns, newest first.',
    query: pageQuery,
    answers: { 200: cyclesPageSchema },
    problems: STORE,
  },
  getCycle: {
    ...ENDPOINTS.getCycle,
    summary:
      'Get the record of one cycle, and page by page the result of each pattern and the reason for it.',
    query: pageQuery,
    answers: { 200: cyclePageSchema },
    problems: [...STORE, 'unknown_cycle', 'invalid_page_token'],
  },
  getEvents: {
    ...ENDPOINTS.getEvents,
    summary: 'List stored events as they were sent, with their outcome history, in the order of their time.',
    query: eventsQuerySchema,
    answers: { 200: eventsPageSchema },
    problems: [...EVENTS, 'invalid_page_token'],
  },
  getParked: {
    ...ENDPOINTS.getParked,
    summary: 'List the outcomes that wait for their event, each with the reason.',
    query: parkedQuerySchema,
    answers: { 200: parkedPageSchema },
    problems: [...EVENTS, 'invalid_page_token'],
  },
  getServiceMode: {
    ...ENDPOINTS.getServiceMode,
    summary: 'Get the mode of the whole service.',
    answers: { 200: serviceModeAnswerSchema },
    problems: GENERATION,
  },
  putServiceMode: {
    ...ENDPOINTS.putServiceMode,
    summary: 'Switch everything off, or back: off overrules the mode of every pattern, at once.',
    body: serviceModeRequestSchema,
    answers: { 200: serviceModeAnswerSchema },
    problems: [...GENERATION, 'head_changed'],
  },
  getWriters: {
    ...ENDPOINTS.getWriters,
    summary: 'List who sent events, with counts and shares, over all patterns or of one.',
    query: pageQuery.extend({ pattern_key: patternKeyInputSchema.optional() }),
    answers: { 200: writersPageSchema },
    problems: [...STORE, 'invalid_page_token', ...PATTERN],
  },
  putWriter: {
    ...ENDPOINTS.putWriter,
    summary: 'Exclude a writer from runs, or take it in again, from the next run on.',
    body: writerRequestSchema,
    answers: { 200: writerExclusionSchema },
    problems: [...STORE, 'unknown_writer'],
  },
  getChanges: {
    ...ENDPOINTS.getChanges,
    summary: 'List who changed modes, settings and generations, over all patterns, newest first.',
    query: pageQuery.extend({
      pattern_key: patternKeyInputSchema.optional(),
      from: changeTime.optional(),
      to: changeTime.optional(),
    }),
    answers: { 200: changesPageSchema },
    problems: [...STORE, 'invalid_page_token', ...PATTERN],
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
    problems: [...GENERATION, ...PATTERN, 'unknown_generation', 'invalid_page_token'],
  },
  getEvidence: {
    ...ENDPOINTS.getEvidence,
    summary: 'Get the walk-forward backtest of every policy on the events of the last four weeks.',
    answers: { 200: evidenceAnswerSchema },
    problems: [...STORE, ...PATTERN],
  },
  getGuard: {
    ...ENDPOINTS.getGuard,
    summary: 'Get the standing test of what is in force against the base thresholds.',
    answers: { 200: guardAnswerSchema },
    problems: [...STORE, ...PATTERN],
  },
  getDoctor: {
    ...ENDPOINTS.getDoctor,
    summary:
      'Examine the newest events of a pattern: what they log, which lever is therefore off, what to change.',
    answers: { 200: doctorAnswerSchema },
    problems: [...GENERATION, ...PATTERN, 'damaged_event'],
  },
  getNMin: {
    ...ENDPOINTS.getNMin,
    summary: 'Compare what each N_MIN from 10 to 60 finds in the events of a pattern with what chance finds.',
    query: nMinQuerySchema,
    answers: { 200: nMinAnswerSchema },
    problems: EVENTS,
  },
  postWhatIf: {
    ...ENDPOINTS.postWhatIf,
    summary: 'Replay past events of a slice with a threshold at other values. Changes nothing.',
    body: whatIfRequestSchema,
    answers: { 200: whatIfAnswerSchema },
    problems: [...EVENTS, 'invalid_scope'],
  },
  getWhatIf: {
    ...ENDPOINTS.getWhatIf,
    summary:
      'The same what-if with query parameters: scope.NAME=value, payoff.win=number, payoff.loss=number.',
    query: whatIfQuerySchema,
    chosenNames: { scope: scopeParameters, payoff: payoffParameters },
    answers: { 200: whatIfAnswerSchema },
    problems: [...EVENTS, 'invalid_scope'],
  },
  putMode: {
    ...ENDPOINTS.putMode,
    summary: 'Set the mode of a pattern. Look-ups use it as soon as this request is answered.',
    body: modeRequestSchema,
    answers: { 200: headAnswerSchema },
    problems: [...STORE, ...PATTERN, 'head_changed'],
  },
  putSettings: {
    ...ENDPOINTS.putSettings,
    summary: 'Set some settings of a pattern. They apply from the next cycle on; the others do not change.',
    body: settingsRequestSchema,
    answers: { 200: settingsAnswerSchema },
    problems: [...STORE, ...PATTERN, 'policy_not_available', 'head_changed'],
  },
  getSettings: {
    ...ENDPOINTS.getSettings,
    summary: 'Get the settings of a pattern in force, each with its source: pattern, stage or default.',
    answers: { 200: settingsAnswerSchema },
    problems: [...GENERATION, ...PATTERN],
  },
  postRollback: {
    ...ENDPOINTS.postRollback,
    summary: 'Put a past generation back in force. A live pattern becomes frozen with it.',
    body: rollbackRequestSchema,
    answers: { 200: headAnswerSchema },
    problems: [...STORE, ...PATTERN, 'unknown_generation', 'head_changed'],
  },
  postRollout: {
    ...ENDPOINTS.postRollout,
    summary:
      'Steer the rollout of a candidate: promote puts it in force, hold keeps its share, end takes it away. ' +
      'Harm rolls back a candidate that is held, too.',
    body: rolloutRequestSchema,
    answers: { 200: headAnswerSchema },
    problems: [...STORE, ...PATTERN, 'no_rollout', 'head_changed'],
  },
  postNotificationTest: {
    ...ENDPOINTS.postNotificationTest,
    summary: 'Send a test message to a target of notifications, and answer whether it took it.',
    body: notificationTestRequestSchema,
    answers: { 200: notificationTestAnswerSchema },
    problems: ['unknown_target'],
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
    caching: 'no-cache',
  },
} as const satisfies Readonly<Record<string, Route>>;
