import { projectRoot } from '../../scripts/cache.ts';
import { type EditorVersion, editors, installEditor } from '../../scripts/code-server.ts';
import { lastLines, runChecked } from '../../scripts/subprocess.ts';
import { launchBrowser } from './browser.ts';
import { installPythonEnvironment } from './python.ts';
import { Unavailable } from './unavailable.ts';

/** Something that rings need before they can run; made once, however many ask. */
export type Preparation = () => Promise<void>;

/** Builds everything that ships, into dist/. */
export const build: Preparation = once(async () => {
  await runChecked(process.execPath, ['esbuild.mjs'], { cwd: projectRoot });
});

/** Makes sure that a browser starts. */
export const browser: Preparation = once(async () => {
  await (await launchBrowser()).close();
});

export const mlflow2: Preparation = once(() => installPythonEnvironment('mlflow2'));
export const mlflow29: Preparation = once(() => installPythonEnvironment('mlflow29'));
export const mlflow3: Preparation = once(() => installPythonEnvironment('mlflow3'));
export const databricksClients: Preparation = once(() => installPythonEnvironment('databricks'));
export const s3Server: Preparation = once(() => installPythonEnvironment('s3'));
export const oldestEditor: Preparation = once(() => installServer('oldest'));
export const newestEditor: Preparation = once(() => installServer('newest'));

async function installServer(version: EditorVersion): Promise<void> {
  try {
    await installEditor(version);
  } catch (error) {
    const why = lastLines(error instanceof Error ? error.message : String(error), 5);
    throw new Unavailable(
      `${editors[version].title} comes from the npm registry: connect to one and run again. (${why})`,
    );
  }
}

/** The promise is kept, failed or not; it may fail before a ring asks for it, which is not an unhandled rejection. */
function once(make: () => Promise<void>): Preparation {
  let made: Promise<void> | undefined;
  return () => {
    made ??= make();
    made.catch(() => undefined);
    return made;
  };
}
