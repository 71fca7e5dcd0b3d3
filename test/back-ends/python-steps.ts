import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type PythonEnvironment, pythonEnvironment } from '../harness/python.ts';

/** A Python that does one thing after the other and keeps its variables, because importing MLflow takes seconds. */
export interface PythonSteps {
  /** Rejects with the traceback. */
  run(code: string): Promise<void>;
  stop(): Promise<void>;
}

const LOOP = `
import json, sys, traceback
scope = {}
for line in sys.stdin:
    try:
        exec(json.loads(line), scope)
        answer = None
    except BaseException:
        answer = traceback.format_exc()
    print("=> " + json.dumps(answer), flush=True)
`;

export function startPythonSteps(name: PythonEnvironment, args: string[]): PythonSteps {
  const env = { ...process.env, PYTHONUTF8: '1', DO_NOT_TRACK: 'true', MLFLOW_DISABLE_TELEMETRY: 'true' };
  const child = spawn(pythonEnvironment(name), ['-c', LOOP, ...args], { stdio: ['pipe', 'pipe', 'ignore'], env });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string | null> => {
    const { value, done } = await answers.next();
    if (done) throw new Error('Python ended.');
    return String(value).startsWith('=> ') ? JSON.parse(String(value).slice(3)) : next();
  };
  return {
    run: async (code) => {
      child.stdin.write(`${JSON.stringify(code)}\n`);
      const failure = await next();
      if (failure !== null) throw new Error(failure);
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
