import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { unknownContextName } from './context-names.ts';
import { PmTuningStack } from './stack.ts';
import { readStage } from './stage.ts';

/** @throws Error that says which value or name of the context is wrong */
function createApp(): void {
  const app = new App();
  const known = new Set<string>();
  const stage = readStage(name => {
    known.add(name);
    return app.node.tryGetContext(name);
  });
  const names = Object.keys(app.node.getAllContext() as Record<string, unknown>);
  const problem = unknownContextName(names, known);
  if (problem !== undefined) throw new Error(problem);
  new PmTuningStack(app, `PmTuning-${stage.name}`, { stage });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

try {
  createApp();
} catch (error) {
  // The sentence says what is wrong; a stack would bury it.
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
