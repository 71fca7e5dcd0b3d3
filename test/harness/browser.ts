import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cachedFolder } from '../../scripts/cache.ts';
import { runChecked } from '../../scripts/subprocess.ts';
import { Unavailable } from './unavailable.ts';

interface BrowserProgram {
  executablePath?: string;
  channel?: string;
  env?: Record<string, string>;
}

const require = createRequire(import.meta.url);

/** Starts a headless Chromium: the one from npm on 64-bit Linux, elsewhere an installed Chrome. */
export async function launchBrowser(): Promise<Browser> {
  const program = await findBrowser();
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  try {
    return await chromium.launch({ ...program, args });
  } catch (error) {
    throw new Unavailable(`No browser starts here: install Google Chrome, or set CHROME_PATH. (${String(error)})`);
  }
}

/** Makes sure that there is a browser to launch; unpacking the one from npm takes a few seconds the first time. */
export async function findBrowser(): Promise<BrowserProgram> {
  const chosen = process.env.CHROME_PATH;
  if (chosen !== undefined) return { executablePath: chosen };
  if (process.platform === 'linux' && process.arch === 'x64') return unpackedBrowser();
  const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file));
  return installed === undefined ? { channel: 'chrome' } : { executablePath: installed };
}

async function unpackedBrowser(): Promise<BrowserProgram> {
  const { version } = require(path.join(packageFolder(), 'package.json')) as { version: string };
  const folder = await cachedFolder('chromium', version, unpack);
  const libraries = [path.join(folder, 'al2023/lib'), process.env.LD_LIBRARY_PATH].filter((part) => part);
  return {
    executablePath: path.join(folder, 'chromium'),
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: libraries.join(':'),
      FONTCONFIG_PATH: path.join(folder, 'fonts'),
    },
  };
}

/** The package unpacks into the temporary folder, and the libraries (libnss3 and others) only if told it is on AWS. */
async function unpack(folder: string): Promise<void> {
  const script = "import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())";
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
  await runChecked(process.execPath, ['-e', script], { cwd: import.meta.dirname, env });
  await writeFile(path.join(folder, 'fonts/fonts.conf'), fontsConfiguration(folder));
}

/** The package's own file names folders of AWS; without any font Chromium dies in the middle of a page. */
function fontsConfiguration(folder: string): string {
  const folders = ['/usr/share/fonts', path.join(folder, 'fonts')].map((each) => `<dir>${each}</dir>`).join('');
  return `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${folder}/fonts-cache</cachedir></fontconfig>\n`;
}

function packageFolder(): string {
  return path.resolve(path.dirname(require.resolve('@sparticuz/chromium')), '..');
}
