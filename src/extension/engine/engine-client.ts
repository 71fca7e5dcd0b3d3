import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type BirpcReturn, createBirpc } from 'birpc';
import type { EngineApi, EngineEvents, KeptCredentials, Progress, ProjectRef } from '../../protocol/engine-api.ts';
import { EngineFailure, toEngineFailure } from './engine-failure.ts';

export interface EngineClientOptions {
  /** Absolute path of the engine process's module. */
  module: string;
  /** Variables of the process beside those that the editor has. */
  environment(): Record<string, string>;
  onLog: EngineEvents['log'];
  onStoreChanged: EngineEvents['storeChanged'];
  /** What somebody signed in with for a configuration; the process is told before its first request about it. */
  credentialsOf(configFile: string): Promise<KeptCredentials | undefined>;
  /** What the process prints, which is nothing unless something is wrong. */
  onOutput(text: string): void;
  /** The process has ended though nobody asked it to; the next request starts a new one. */
  onDeath(message: string): void;
}

/** How one request is followed and stopped. */
export interface RequestControl {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

interface Connection {
  child: ChildProcess;
  remote: BirpcReturn<EngineApi, EngineEvents, false>;
  exited: Promise<void>;
  /** Configurations whose credentials the process knows, or is being told. */
  introduced: Map<string, Promise<void>>;
}

const MOST_DEATHS = 3;
const DEATHS_WITHIN_MS = 60_000;
const LONGEST_GOODBYE_MS = 6_000;

/** The engine as the extension sees it: a process that is started by the first request, and again after it died. */
export class EngineClient {
  readonly #options: EngineClientOptions;
  readonly #followers = new Map<string, NonNullable<RequestControl['onProgress']>>();
  readonly #watched = new Map<string, ProjectRef>();
  #connection: Connection | undefined;
  #deaths: number[] = [];
  #isStopped = false;

  /** Every method of the engine. What it rejects with is an EngineFailure. */
  readonly api: EngineApi = new Proxy({} as EngineApi, {
    get:
      (_target, method) =>
      (...args: unknown[]) =>
        this.#call(String(method), args),
  });

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  /** The process, while there is one. */
  get pid(): number | undefined {
    return this.#connection?.child.pid;
  }

  /** Makes a request under a new id, so that it can be followed and cancelled. */
  async request<T>(call: (requestId: string) => Promise<T>, { signal, onProgress }: RequestControl = {}): Promise<T> {
    const requestId = randomUUID();
    if (onProgress) this.#followers.set(requestId, onProgress);
    const cancel = () => void this.api.cancel(requestId).catch(() => undefined);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await call(requestId);
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#followers.delete(requestId);
    }
  }

  /** Hears of changes of the project's store until `unwatch`, also from later processes. */
  async watch(project: ProjectRef): Promise<void> {
    this.#watched.set(project.configFile, project);
    await this.api.watch(project);
  }

  async unwatch(project: ProjectRef): Promise<void> {
    if (this.#watched.delete(project.configFile) && this.#connection) await this.api.unwatch(project);
  }

  /** Forgets that the process died too often. */
  revive(): void {
    this.#deaths = [];
  }

  /** Ends the process; a training that runs is cancelled and its run marked so. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    const force = setTimeout(() => connection.child.kill('SIGKILL'), LONGEST_GOODBYE_MS);
    connection.remote.$close(ended('The engine has been stopped.', { told: true }));
    if (connection.child.connected) connection.child.disconnect();
    await connection.exited;
    clearTimeout(force);
  }

  /** Has the process work with what is kept now. */
  async credentialsChanged(project: ProjectRef): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    const values = await this.#options.credentialsOf(project.configFile);
    await connection.remote.$callRaw({ method: 'useCredentials', args: [project, values ?? null] });
  }

  async #call(method: string, args: unknown[]): Promise<unknown> {
    try {
      const connection = this.#connect();
      const [project] = args;
      if (isTrusted(project)) await this.#introduce(connection, project);
      return await connection.remote.$callRaw({ method, args });
    } catch (error) {
      throw toEngineFailure(error);
    }
  }

  #introduce(connection: Connection, project: ProjectRef): Promise<void> {
    const known = connection.introduced.get(project.configFile);
    if (known) return known;
    const told = this.#tell(connection, project);
    connection.introduced.set(project.configFile, told);
    return told;
  }

  async #tell({ remote }: Connection, project: ProjectRef): Promise<void> {
    const values = await this.#options.credentialsOf(project.configFile);
    if (values) await remote.$callRaw({ method: 'useCredentials', args: [project, values] });
  }

  #connect(): Connection {
    if (this.#connection) return this.#connection;
    if (this.#isStopped) throw ended('The engine has been stopped.');
    const recent = this.#deaths.filter((at) => performance.now() - at < DEATHS_WITHIN_MS);
    if (recent.length >= MOST_DEATHS) {
      throw ended('The engine process keeps ending.', { fix: 'See the log, then run "Refresh".' });
    }
    const connection = this.#start();
    this.#connection = connection;
    for (const project of this.#watched.values()) void this.api.watch(project).catch(() => undefined);
    return connection;
  }

  #start(): Connection {
    const child = fork(this.#options.module, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // The editor's own program is Electron, which this makes behave as Node; flags of the host are not ours.
      env: { ...process.env, ...this.#options.environment(), ELECTRON_RUN_AS_NODE: '1' },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    child.stdout?.on('data', (text: Buffer) => this.#options.onOutput(text.toString()));
    child.stderr?.on('data', (text: Buffer) => this.#options.onOutput(text.toString()));
    const remote = createBirpc<EngineApi, EngineEvents, false>(this.#events(), {
      post: (message) => child.connected && child.send(message, () => undefined),
      on: (receive) => child.on('message', receive),
      timeout: -1,
      proxify: false,
    });
    const exited = new Promise<void>((resolve) => {
      child.once('error', (error) => this.#died(child, error.message, resolve));
      child.once('exit', (code, signal) => this.#died(child, `ended with ${signal ?? code}`, resolve));
    });
    return { child, remote, exited, introduced: new Map() };
  }

  #events(): EngineEvents {
    return {
      progress: (requestId, progress) => this.#followers.get(requestId)?.(progress),
      log: (entry) => this.#options.onLog(entry),
      storeChanged: (configFile) => this.#options.onStoreChanged(configFile),
    };
  }

  #died(child: ChildProcess, how: string, resolve: () => void): void {
    resolve();
    const connection = this.#connection;
    if (connection?.child !== child) return;
    this.#connection = undefined;
    this.#deaths.push(performance.now());
    const message = `The engine process ${how}; the next command starts it again.`;
    connection.remote.$close(ended(message, { told: true }));
    this.#options.onDeath(message);
  }
}

/** Whether a request is about a project that may use the network. */
function isTrusted(project: unknown): project is ProjectRef {
  return typeof project === 'object' && project !== null && 'configFile' in project && (project as ProjectRef).trusted;
}

/** `told`: the person hears of it already, so that the requests it ends need not say it again. */
function ended(message: string, details: { fix?: string; told?: true } = {}): EngineFailure {
  return new EngineFailure({ reason: 'internal', message, details });
}
