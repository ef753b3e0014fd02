import type { Environment, EnvironmentVariables } from '../shared/config.ts';
import type { Stage } from './stage.ts';
import type { Tables } from './tables.ts';

type RequiredName = {
  [N in keyof Environment]-?: undefined extends Environment[N] ? never : N;
}[keyof Environment];

/** Environment of a function. Every setting without a default in the schema of `shared/config.ts` is required. */
export type FunctionEnvironment = Readonly<Record<RequiredName, string>> & EnvironmentVariables;

/** Returns the environment that all functions of a stage share. */
export function functionEnvironment(
  { settings, origins, operators, jwt, ui, dynamodbEndpoint }: Stage,
  tables: Tables,
): FunctionEnvironment {
  return {
    EVENTS_TABLE: tables.events.tableName,
    LESSONS_TABLE: tables.lessons.tableName,
    OVERRIDES_TABLE: tables.overrides.tableName,
    CONTROL_TABLE: tables.control.tableName,
    ...settings,
    ...(origins.length === 0 ? {} : { ORIGINS: origins.join() }),
    ...(operators.length === 0 ? {} : { OPERATORS: operators.join() }),
    ...(jwt && ui && { UI_ISSUER: jwt.issuer, UI_CLIENT_ID: ui.clientId }),
    ...(dynamodbEndpoint === undefined ? {} : { DYNAMODB_ENDPOINT: dynamodbEndpoint }),
  };
}
