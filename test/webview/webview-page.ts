// A page that is to the built bundles what VS Code's webview is: the same policy, the same variables, the same API.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { projectRoot } from '../../scripts/cache.ts';
import type { HostMessage, PageMessage, PanelKey, PanelState } from '../../src/protocol/panels.ts';
import { type Theme, type ThemeName, themes } from './themes.ts';

const ORIGIN = 'https://webview.test';
const NONCE = 'bm9uY2U';
const POLICY = `default-src 'none'; script-src 'nonce-${NONCE}'; style-src ${ORIGIN} 'nonce-${NONCE}'; font-src ${ORIGIN}`;

/** What every panel here says that it shows. */
export const KEY: PanelKey = { panel: 'run', configFile: '/project/config.yaml', runId: '0' };

/** What the page's own script keeps for the test. */
interface Recorded {
  messages: PageMessage[];
  violations: string[];
  viewState: unknown;
}

export interface PanelOptions {
  theme?: ThemeName;
  width?: number;
  height?: number;
  reducedMotion?: 'reduce' | 'no-preference';
  /** What an earlier page of this panel kept. */
  viewState?: unknown;
}

export interface OpenPanel {
  page: Page;
  /** Sends what the host would, as JSON, and waits until it is drawn. */
  send(state: PanelState): Promise<void>;
  sendMessage(message: HostMessage<PanelState>): Promise<void>;
  messages(): Promise<PageMessage[]>;
  viewState(): Promise<unknown>;
  setTheme(theme: ThemeName): Promise<void>;
  /** Violations of the policy, errors in the console and uncaught ones. */
  complaints(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a built panel and waits for its `ready`. */
export async function openPanel(
  browser: Browser,
  name: PanelState['panel'],
  options: PanelOptions = {},
): Promise<OpenPanel> {
  const { width = 900, height = 900, reducedMotion = 'no-preference' } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    reducedMotion,
    locale: 'en-US',
    timezoneId: 'UTC',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.message}`));
  await page.route(`${ORIGIN}/**`, async (route) => {
    const file = new URL(route.request().url()).pathname.slice(1);
    if (file === 'page.html') return route.fulfill({ contentType: 'text/html', body: html(name, options) });
    await route.fulfill(await asset(file));
  });
  await page.goto(`${ORIGIN}/page.html`);
  await page.waitForFunction(() => (globalThis as unknown as { recorded: Recorded }).recorded.messages.length > 0);
  return { page, close: () => context.close(), ...controls(page, errors) };
}

function controls(page: Page, errors: string[]): Omit<OpenPanel, 'page' | 'close'> {
  const recorded = () => page.evaluate(() => (globalThis as unknown as { recorded: Recorded }).recorded);
  const sendMessage = async (message: HostMessage<PanelState>) => {
    await page.evaluate((sent) => {
      (globalThis as unknown as { postMessage(message: unknown, target: string): void }).postMessage(sent, '*');
    }, message as unknown);
    await page.locator(message.type === 'state' ? 'main h1' : 'main [role=alert]').waitFor();
  };
  return {
    sendMessage,
    send: (state) => sendMessage({ type: 'state', state: JSON.parse(JSON.stringify(state)) as PanelState, key: KEY }),
    messages: async () => (await recorded()).messages,
    viewState: async () => (await recorded()).viewState,
    setTheme: (theme) => applyTheme(page, themes[theme]),
    complaints: async () => [...(await recorded()).violations, ...errors],
  };
}

function applyTheme(page: Page, theme: Theme): Promise<void> {
  return page.evaluate(
    (applied) => (globalThis as unknown as { applyTheme(theme: Theme): void }).applyTheme(applied),
    theme,
  );
}

async function asset(file: string): Promise<{ contentType: string; body: Buffer } | { status: number }> {
  const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };
  const contentType = types[path.extname(file)];
  if (contentType === undefined) return { status: 404 };
  return { contentType, body: await readFile(path.join(projectRoot, 'dist/webview', path.basename(file))) };
}

/** As src/extension/panels/page.ts writes it, with the editor's part of the page before. */
function html(name: string, { theme = 'dark', viewState = null }: PanelOptions): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${ORIGIN}/codicon.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${ORIGIN}/${name}.css">
<title>${name}</title>
</head>
<body>
<div id="root"></div>
<script nonce="${NONCE}">${editorScript(themes[theme], viewState)}</script>
<script nonce="${NONCE}" src="${ORIGIN}/${name}.js"></script>
</body>
</html>`;
}

function editorScript(theme: Theme, viewState: unknown): string {
  return `
    globalThis.recorded = { messages: [], violations: [], viewState: ${JSON.stringify(viewState)} };
    addEventListener('securitypolicyviolation', (event) => {
      recorded.violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample);
    });
    let acquired = false;
    globalThis.acquireVsCodeApi = () => {
      if (acquired) throw new Error('An instance of the VS Code API has already been acquired');
      acquired = true;
      return {
        postMessage: (message) => recorded.messages.push(message),
        getState: () => recorded.viewState,
        setState: (state) => { recorded.viewState = state; },
      };
    };
    globalThis.applyTheme = ({ bodyClass, kind, variables }) => {
      const { style } = document.documentElement;
      for (const name of [...style]) style.removeProperty(name);
      for (const [name, value] of Object.entries(variables)) style.setProperty('--vscode-' + name, value);
      document.body.className = bodyClass;
      document.body.dataset.vscodeThemeKind = kind;
    };
    applyTheme(${JSON.stringify(theme)});`;
}
