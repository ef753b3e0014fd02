import { processHost } from './host.ts';
import { runCli } from './program.ts';

// A reader that has seen enough (`… | head`) is no error.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2), processHost());
