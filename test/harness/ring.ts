import type { EditorVersion } from '../../scripts/code-server.ts';
import { runEditorRing } from './editor-ring.ts';
import { runLintRing } from './lint-ring.ts';
import { runMochaRing, skipped } from './mocha-ring.ts';
import {
  browser,
  build,
  databricksClients,
  mlflow2,
  mlflow3,
  mlflow29,
  newestEditor,
  oldestEditor,
  type Preparation,
  s3Server,
} from './preparation.ts';
import type { RingReport } from './report.ts';
import type { RingName, TestRequest } from './request.ts';
import { Unavailable } from './unavailable.ts';

/** One part of a ring that is prepared, run and counted by itself. */
export interface RingPart {
  name: string;
  needs: readonly Preparation[];
  run(): Promise<RingReport>;
}

/** The parts of the rings that were asked for, in the order in which they run. */
export function ringParts(request: TestRequest): RingPart[] {
  return request.rings.flatMap((name) => {
    if (name === 'editor') return editorParts(request);
    return [name === 'lint' ? { name, needs: [], run: runLintRing } : mochaPart(name, request)];
  });
}

type MochaRing = Exclude<RingName, 'editor' | 'lint'>;

const mochaRings: Record<MochaRing, { needs: readonly Preparation[]; timeoutMs: number }> = {
  engine: { needs: [], timeoutMs: 20_000 },
  cli: { needs: [build], timeoutMs: 60_000 },
  webview: { needs: [build, browser], timeoutMs: 60_000 },
  interop: { needs: [mlflow3, mlflow2], timeoutMs: 120_000 },
  'back-ends': { needs: [build, databricksClients, s3Server, mlflow3, mlflow2, mlflow29], timeoutMs: 120_000 },
  e2e: { needs: [build, newestEditor, browser], timeoutMs: 90_000 },
};

function mochaPart(name: MochaRing, { mocha }: TestRequest): RingPart {
  const { needs, timeoutMs } = mochaRings[name];
  return { name, needs, run: () => runMochaRing(name, timeoutMs, mocha) };
}

const servers: Record<EditorVersion, Preparation> = { oldest: oldestEditor, newest: newestEditor };

function editorParts({ editors, mocha }: TestRequest): RingPart[] {
  return editors.map((version) => ({
    name: `editor, ${version}`,
    needs: [build, browser, servers[version]],
    run: () => runEditorRing(version, mocha),
  }));
}

/** Waits for what the part needs and runs it; what cannot be had here makes it skipped, whatever else goes wrong failed. */
export async function runPart(part: RingPart): Promise<RingReport> {
  try {
    for (const need of part.needs) await need();
    return await part.run();
  } catch (error) {
    if (error instanceof Unavailable) return skipped(error.message);
    console.log(error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
