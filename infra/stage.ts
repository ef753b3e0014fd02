import type { Node } from 'constructs';
import type { Environment } from '../shared/config.ts';

/** What differs between installations. Two stages live side by side in one account. */
export interface Stage {
  readonly name: string;
  readonly policy: NonNullable<Environment['POLICY']>;
}

/** Stages by name; `cdk -c stage=prod`. */
export const STAGES: Readonly<Record<string, Stage>> = {
  dev: { name: 'dev', policy: 'drift' },
  prod: { name: 'prod', policy: 'drift' },
};

/** @throws Error for a stage that nobody described */
export function readStage(node: Node): Stage {
  const name: unknown = node.tryGetContext('stage') ?? 'dev';
  const stage = typeof name === 'string' && Object.hasOwn(STAGES, name) ? STAGES[name] : undefined;
  if (!stage) throw new Error(`stage ${String(name)}: one of ${Object.keys(STAGES).join(', ')}`);
  return stage;
}
