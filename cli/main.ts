import { errorCode } from './errors.ts';
import { processHost } from './host.ts';
import { runCli } from './program.ts';

// A reader that closes the pipe early (`… | head`) is not an error.
process.stdout.on('error', error => {
  if (errorCode(error) === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2), processHost());
