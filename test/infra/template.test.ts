// One file for the test runner: loading CDK and the first synthesis cost seconds, and every file would pay them.
import './alarms.facts.ts';
import './api.facts.ts';
import './cycle.facts.ts';
import './dashboard.facts.ts';
import './functions.facts.ts';
import './least-privilege.facts.ts';
import './nag.facts.ts';
import './stages.facts.ts';
import './tables.facts.ts';
