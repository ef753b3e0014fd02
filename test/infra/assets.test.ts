import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTION_NAMES, FUNCTIONS } from '../../infra/function-settings.ts';
import { createStack } from './synth.ts';

/*
 * These tests make the assembly as `cdk synth` does, bundles included. `sam local` and LocalStack start from it.
 */

interface Assembled {
  readonly Type: string;
  readonly Properties: { readonly Handler?: string };
  readonly Metadata?: Readonly<Record<string, string>>;
}

const folders: string[] = [];

function assemble(): { folder: string; template: string; functions: Map<string, Assembled> } {
  const folder = mkdtempSync(join(tmpdir(), 'pm-tuning-'));
  folders.push(folder);
  const context = {
    'aws:cdk:enable-asset-metadata': true,
    'aws:cdk:enable-path-metadata': true,
    notificationParameter: '/x',
  };
  const app = new App({ outdir: folder, context });
  const stack = createStack(app);
  app.synth();
  const template = readFileSync(join(folder, `${stack.stackName}.template.json`), 'utf8');
  const { Resources }: { Resources: Record<string, Assembled> } = JSON.parse(template);
  const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  const byPath = functions.map(resource => [resource.Metadata?.['aws:cdk:path'] ?? '', resource] as const);
  return { folder, template, functions: new Map(byPath) };
}

let assembly: ReturnType<typeof assemble>;
beforeAll(() => {
  assembly = assemble();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('assets', () => {
  // The page is deployed only where people can sign in; `page.test.ts` has its own stage.
  it.each(FUNCTION_NAMES.filter(name => name !== 'page'))(
    'The asset of %s exists where the template refers to it and exports its handler',
    async name => {
      const resource = assembly.functions.get(`PmTuning-dev/${FUNCTIONS[name].id}Function/Resource`);
      const [file, exported = ''] = resource?.Properties.Handler?.split('.') ?? [];
      const path = join(assembly.folder, resource?.Metadata?.['aws:asset:path'] ?? '', `${file}.mjs`);
      expect(existsSync(path)).toBe(true);
      expect(existsSync(`${path}.map`)).toBe(true);
      // Vitest finds packages that Lambda does not have: only imports on demand may name one.
      const imported = /\bimport\s*[\w$*{},\s]+from\s*"([^"]+)"/g;
      const names = [...readFileSync(path, 'utf8').matchAll(imported)].map(([, from = '']) => from);
      expect(names.filter(name => !isBuiltin(name))).toEqual([]);
      const bundle: Record<string, unknown> = await import(path);
      expect(bundle[exported]).toBeTypeOf('function');
    },
  );
});

it('The same sources make the same template, bundles included', () => {
  expect(assemble().template).toBe(assembly.template);
});
