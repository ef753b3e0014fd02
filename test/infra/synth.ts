import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PmTuningStack } from '../../infra/stack.ts';
import { readStage } from '../../infra/stage.ts';

const cdkJson: { context: Record<string, unknown> } = JSON.parse(
  readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'),
);

/** Creates an app as the CDK command does, but without bundling. */
export function createApp(context: Readonly<Record<string, string>> = {}): App {
  return new App({ context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [], ...context } });
}

export function createStack(app: App): PmTuningStack {
  const stage = readStage(name => app.node.tryGetContext(name));
  return new PmTuningStack(app, `PmTuning-${stage.name}`, { stage });
}

const templates = new Map<string, Template>();

/** Returns the template of a context. Each context is synthesized once per process. */
export function synthesize(context: Readonly<Record<string, string>> = {}): Template {
  const key = JSON.stringify(context);
  const known = templates.get(key);
  if (known) return known;
  const template = Template.fromStack(createStack(createApp(context)));
  templates.set(key, template);
  return template;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Returns the resources of a type by their construct id, which is the logical id without CDK's hash. */
export function resources(template: Template, type: string): Map<string, Resource> {
  const found: [string, Resource][] = Object.entries(template.findResources(type)).map(([id, resource]) => [
    nameOf(id),
    { Type: type, Properties: {}, ...resource },
  ]);
  return new Map(found);
}

export const nameOf = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

/** Returns a value as text. `Ref` and `GetAtt` become the construct id of the resource that they refer to. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return nameOf(String(value.Ref));
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
    return nameOf(String(value['Fn::GetAtt'][0]));
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: unknown[] = value['Fn::Join'];
    if (Array.isArray(parts)) return parts.map(text).join(String(separator));
  }
  return JSON.stringify(value);
}
