import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Runs the app as the command of CDK does. */
function synth(context: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../infra/app.ts', import.meta.url))],
    { encoding: 'utf8', env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify(context) } },
  );
  return { status, stdout, stderr };
}

it.each([
  [{ alarmEmail: 'a@example.com' }, 'context alarmEmail is unknown; did you mean alarmEmails?\n'],
  [{ Stage: 'prod' }, 'context Stage is unknown; did you mean stage?\n'],
  [{ stage: 'prodd' }, 'context stage: "prodd" is not dev or prod\n'],
])('The context %j ends the synthesis with one sentence and no stack', (context, sentence) => {
  expect(synth(context)).toEqual({ status: 1, stdout: '', stderr: sentence });
});

it('A name of the context that is near no known one lists the known ones', () => {
  const { stderr } = synth({ colour: 'blue', '@aws-cdk/core:checkSecretUsage': 'true', 'aws:cdk:x': '1' });
  expect(stderr).toMatch(/^context colour is unknown; it takes .*alarmEmails, .*stage\b.*\n$/);
});
