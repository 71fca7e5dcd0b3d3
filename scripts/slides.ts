// Makes the slides of docs/slides.md: HTML, PDF and PPTX in test-results/slides, or in the folder that is named. `npm run slides`
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBrowser } from '../test/harness/browser.ts';
import { cachedFolder, projectRoot } from './cache.ts';
import { runChecked } from './subprocess.ts';

const MARP = '@marp-team/marp-cli@4.5.1';
const FORMATS = ['html', 'pdf', 'pptx'] as const;

const source = path.join(projectRoot, 'docs/slides.md');
const output = path.resolve(process.argv[2] ?? path.join(projectRoot, 'test-results/slides'));

/** Marp is needed for slides only, so it is installed when somebody makes them, and is no dependency of the project. */
async function marpProgram(): Promise<string> {
  const folder = await cachedFolder('marp', MARP, async (made) => {
    await writeFile(path.join(made, 'package.json'), '{ "private": true }\n');
    await runChecked('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', MARP], { cwd: made });
  });
  return path.join(folder, 'node_modules/@marp-team/marp-cli/marp-cli.js');
}

/** Where the browser is, as Marp takes it; without a path Marp looks for an installed one itself. */
async function browserOptions(): Promise<{ args: string[]; env: NodeJS.ProcessEnv }> {
  const { executablePath, env } = await findBrowser();
  const args = executablePath === undefined ? [] : ['--browser', 'chrome', '--browser-path', executablePath];
  // Chromium refuses its sandbox to root and inside containers.
  return { args, env: { ...process.env, ...env, CHROME_NO_SANDBOX: '1' } };
}

/** Puts the pictures into the page, so that it can be sent to others as one file. */
async function embedPictures(file: string): Promise<void> {
  let page = await readFile(file, 'utf8');
  for (const [, picture] of page.matchAll(/src="(\.\.\/media\/[^"]+\.png)"/g)) {
    const bytes = await readFile(path.resolve(path.dirname(source), picture!));
    page = page.replaceAll(`"${picture}"`, `"data:image/png;base64,${bytes.toString('base64')}"`);
  }
  await writeFile(file, page);
}

const [marp, { args, env }] = await Promise.all([marpProgram(), browserOptions()]);
await mkdir(output, { recursive: true });
for (const format of FORMATS) {
  const file = path.join(output, `slides.${format}`);
  const wanted = format === 'html' ? [] : [`--${format}`, '--allow-local-files'];
  await runChecked(process.execPath, [marp, source, ...wanted, ...args, '--output', file], { cwd: projectRoot, env });
  if (format === 'html') await embedPictures(file);
  console.log(path.relative(process.cwd(), file));
}
