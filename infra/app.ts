import { App } from 'aws-cdk-lib';
import { PmTuningStack } from './stack.ts';
import { readStage } from './stage.ts';

const app = new App();
const stage = readStage(name => app.node.tryGetContext(name));
new PmTuningStack(app, `PmTuning-${stage.name}`, { stage });
