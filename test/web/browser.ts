import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromium, { inflate } from '@sparticuz/chromium';
import { type BrowserServer, chromium as playwright } from 'playwright-core';

/** Arguments that would switch off what the tests check, or that only small functions need. */
const UNWANTED =
  /^--(single-process|no-zygote|disable-web-security|allow-running-insecure-content|disable-site-isolation-trials)/;

/** Why this machine cannot run the browser of the package; undefined where it can. */
export const UNSUPPORTED =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `the packaged browser runs on linux x64, not on ${process.platform} ${process.arch}`;

/** Starts the browser that the package carries. A system without its libraries gets them from the package too. */
export async function startBrowser(): Promise<BrowserServer> {
  const executablePath = await chromium.executablePath();
  const args = chromium.args.filter(argument => !UNWANTED.test(argument));
  const options = { executablePath, args, headless: true };
  try {
    return await playwright.launchServer(options);
  } catch {
    const packaged = dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium')));
    await inflate(join(packaged, '..', 'bin', 'al2023.tar.br'));
    const env = { ...process.env, LD_LIBRARY_PATH: join(tmpdir(), 'al2023', 'lib') };
    return playwright.launchServer({ ...options, env });
  }
}
