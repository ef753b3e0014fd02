import * as z from 'zod';
import { episodeEventSchema, outcomeReportSchema } from '../episode/episode-schema.ts';
import type { Endpoint } from './endpoints.ts';
import { ENDPOINTS, MAX_ITEMS } from './endpoints.ts';
import { lookupQuerySchema, lookupRequestSchema } from './schemas/lookup.ts';
import { nMinAnswerSchema, nMinQuerySchema } from './schemas/n-min.ts';
import { whatIfAnswerSchema, whatIfQuerySchema, whatIfRequestSchema } from './schemas/what-if.ts';
import * as s from './schemas.ts';

/** One route of the API: what it is called, takes and answers. Handlers register by it, OpenAPI is made from it. */
export interface Route extends Endpoint {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Status → what it answers with; errors are `Problem` everywhere. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
}

const PAGE = { default: 100, max: 1000 } as const;

const limit = z.coerce.number().int().min(1).max(PAGE.max).default(PAGE.default);
const patternQuery = z.strictObject({ pattern_key: z.string().max(256) });
const pageQuery = z.strictObject({ limit, next: z.string().max(256).optional() });
const patternPageQuery = pageQuery.extend(patternQuery.shape);
const flag = z.enum(['true', 'false']).transform(text => text === 'true');

export const ROUTES = {
  postEvents: {
    ...ENDPOINTS.postEvents,
    summary: 'Take episode events in: one, or up to 500. Sending them again is harmless.',
    body: z.union([episodeEventSchema, z.object({ events: z.array(episodeEventSchema).max(MAX_ITEMS) })]),
    answers: { 200: s.ingestAnswerSchema, 207: s.ingestAnswerSchema },
  },
  postOutcomes: {
    ...ENDPOINTS.postOutcomes,
    summary: 'Record what became of episodes. One that comes before its event is parked.',
    body: z.object({ outcomes: z.array(outcomeReportSchema).max(MAX_ITEMS) }),
    answers: { 200: s.outcomesAnswerSchema, 207: s.outcomesAnswerSchema },
  },
  postLookup: {
    ...ENDPOINTS.postLookup,
    summary: 'The multipliers in force for a pattern in a scope, and why. Neutral when in doubt.',
    body: lookupRequestSchema,
    answers: { 200: s.lookupAnswerSchema },
  },
  getLookup: {
    ...ENDPOINTS.getLookup,
    summary: 'The same without a body: scope.NAME=value, thresholds.NAME=number.',
    query: lookupQuerySchema,
    answers: { 200: s.lookupAnswerSchema },
  },
  getSnapshot: {
    ...ENDPOINTS.getSnapshot,
    summary: 'Everything a client needs to resolve locally; If-None-Match answers 304 while nothing changed.',
    answers: { 200: s.snapshotSchema, 304: null },
  },
  getOverrides: {
    method: 'get',
    path: '/v1/overrides',
    summary: 'The overrides of the generation in force, paged.',
    query: patternPageQuery,
    answers: { 200: s.overridesPageSchema },
  },
  getLessons: {
    method: 'get',
    path: '/v1/lessons',
    summary: 'The lessons of the generation in force, paged; near=true: the slices just under n_min.',
    query: patternPageQuery.extend({ near: flag.default(false) }),
    answers: { 200: s.lessonsPageSchema },
  },
  getStatus: {
    method: 'get',
    path: '/v1/status',
    summary: 'One look at the whole system.',
    answers: { 200: s.statusSchema },
  },
  postCycle: {
    method: 'post',
    path: '/v1/cycles',
    summary: 'Run a cycle now; with wait=true answer when it is finished.',
    query: z.strictObject({ wait: flag.default(false) }),
    body: s.cycleOptionsSchema,
    answers: { 200: s.cycleRecordSchema, 202: s.cycleStartedSchema },
  },
  getCycles: {
    method: 'get',
    path: '/v1/cycles',
    summary: 'The runs, newest first, paged.',
    query: pageQuery,
    answers: { 200: s.cyclesPageSchema },
  },
  getCycle: {
    method: 'get',
    path: '/v1/cycles/{id}',
    summary: 'One run: what became of each pattern, and why.',
    answers: { 200: s.cycleRecordSchema },
  },
  getGenerations: {
    method: 'get',
    path: '/v1/patterns/{pattern_key}/generations',
    summary: 'The generations that are kept, with what made each; diff=A,B compares two.',
    query: z.strictObject({
      diff: z
        .string()
        .regex(/^\d{1,9},\d{1,9}$/, 'must be two generations such as 3,4')
        .optional(),
    }),
    answers: { 200: s.generationsAnswerSchema },
  },
  getEvidence: {
    method: 'get',
    path: '/v1/patterns/{pattern_key}/evidence',
    summary: 'How each policy would have done on the last weeks, learned only from what was known before.',
    answers: { 200: s.evidenceAnswerSchema },
  },
  getNMin: {
    method: 'get',
    path: '/v1/patterns/{pattern_key}/nmin',
    summary: 'What each N_MIN from 10 to 60 would find in the events of a pattern, and what chance would.',
    query: nMinQuerySchema,
    answers: { 200: nMinAnswerSchema },
  },
  postWhatIf: {
    method: 'post',
    path: '/v1/whatif',
    summary:
      'What a threshold would have taken at other values in one slice, other gates rechecked. Changes nothing.',
    body: whatIfRequestSchema,
    answers: { 200: whatIfAnswerSchema },
  },
  getWhatIf: {
    method: 'get',
    path: '/v1/whatif',
    summary: 'The same without a body: scope.NAME=value, payoff.win=number, payoff.loss=number.',
    query: whatIfQuerySchema,
    answers: { 200: whatIfAnswerSchema },
  },
  putMode: {
    method: 'put',
    path: '/v1/patterns/{pattern_key}/mode',
    summary: 'Set what a pattern serves; holds from the moment it is acknowledged.',
    body: s.modeRequestSchema,
    answers: { 200: s.headAnswerSchema },
  },
  putSettings: {
    method: 'put',
    path: '/v1/patterns/{pattern_key}/settings',
    summary: 'Set some settings of a pattern; they count from the next run on.',
    body: s.settingsRequestSchema,
    answers: { 200: s.settingsAnswerSchema },
  },
  postRollback: {
    method: 'post',
    path: '/v1/patterns/{pattern_key}/rollback',
    summary: 'Put a past generation back in force; a live pattern is frozen with it.',
    body: s.rollbackRequestSchema,
    answers: { 200: s.headAnswerSchema },
  },
  getHealth: {
    method: 'get',
    path: '/healthz',
    summary: 'Liveness.',
    answers: { 200: z.object({ ok: z.literal(true) }) },
  },
  getOpenApi: {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
} as const satisfies Readonly<Record<string, Route>>;
