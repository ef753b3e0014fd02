import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PmTuningStack } from './stack.ts';
import { readStage } from './stage.ts';

const app = new App();
const stage = readStage(name => app.node.tryGetContext(name));
new PmTuningStack(app, `PmTuning-${stage.name}`, { stage });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
