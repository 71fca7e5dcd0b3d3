import type { Browser, Page } from 'playwright-core';
import { projectRoot } from '../../scripts/cache.ts';
import { type EditorVersion, installEditor } from '../../scripts/code-server.ts';
import { type EditorServerOptions, startEditorServer, workbenchAddress } from '../../scripts/editor-server.ts';
import { launchBrowser } from './browser.ts';
import { copyWorkspace } from './workspace.ts';

export interface WorkbenchOptions extends Pick<EditorServerOptions, 'trusted' | 'settings' | 'env'> {
  /** Folder to open; the workbench gets a copy of it. */
  folder: string;
  version?: EditorVersion;
  /** Folder of the extension to load: the project itself unless told. */
  extensionDevelopmentPath?: string;
  /** A compiled suite whose run() the extension host calls. */
  extensionTestsPath?: string;
}

export interface LaunchedWorkbench {
  page: Page;
  /** The copy of the folder that is open. */
  folder: string;
  /** Settles with the suite's exit code when there is an extensionTestsPath. */
  exitCode: Promise<number>;
  /** What extension host and server printed so far. */
  log(): string;
  /** Ends browser and server and removes every temporary folder. */
  close(): Promise<void>;
}

/** Opens a real VS Code workbench in a headless browser; what was started is ended again even when a later step fails. */
export async function launchWorkbench(options: WorkbenchOptions): Promise<LaunchedWorkbench> {
  const started: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const undo of started.splice(0).reverse()) await undo();
  };
  try {
    return { ...(await open(options, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(options: WorkbenchOptions, started: (() => Promise<unknown>)[]) {
  const workspace = await copyWorkspace(options.folder);
  started.push(workspace.remove);
  const server = await startEditorServer(await installEditor(options.version ?? 'newest'), serverOptions(options));
  started.push(server.close);
  const browser = await launchBrowser();
  started.push(() => browser.close());
  const { page, exitCode, consoleLines } = await openPage(browser);
  await page.goto(workbenchAddress(server, { folder: workspace.folder, ...development(options) }));
  return { page, folder: workspace.folder, exitCode, log: () => readableLog(consoleLines, server.log()) };
}

/** Outside of suites the extension counts as installed, because an editor with one under development shows no pop-ups. */
function serverOptions({ env, ...others }: WorkbenchOptions): EditorServerOptions {
  // As if a shell had started it: else the editor asks one for its environment, which replaces what a test gives.
  const options = { ...others, env: { VSCODE_CLI: '1', ...env } };
  if (options.extensionTestsPath !== undefined) return { ...options, development: true };
  return { ...options, installedExtension: options.extensionDevelopmentPath ?? projectRoot };
}

function development(options: WorkbenchOptions): { extension?: string; tests?: string } {
  if (options.extensionTestsPath === undefined) return {};
  return { extension: options.extensionDevelopmentPath ?? projectRoot, tests: options.extensionTestsPath };
}

/** Without what this way of installing the server makes it complain about: modules that were not compiled, no gallery. */
function readableLog(consoleLines: readonly string[], serverLog: string): string {
  const noise =
    /bindings file|native-watchdog|watchdog'|vsda|open-vsx|serviceWorker|ServiceWorker|Failed to load resource/;
  const server = serverLog.split('\n').filter((line) => /^\[\d\d:/.test(line));
  return [...server, ...consoleLines].filter((entry) => !noise.test(entry)).join('\n');
}

async function openPage(browser: Browser) {
  // axe opens a page of its own beside this one, which only a context of our own allows.
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const consoleLines: string[] = [];
  page.on('console', (message) => consoleLines.push(message.text().replace(/^%c *(\w+) color: #\w+/, '[$1]')));
  const exit = Promise.withResolvers<number>();
  // The workbench calls this function of its page when the suite in its extension host has ended.
  await page.exposeFunction('codeAutomationExit', (code: number) => exit.resolve(code));
  return { page, exitCode: exit.promise, consoleLines };
}
