import path from 'node:path';
import { type LoadedConfig, loadConfig } from '../engine/config/load.ts';
import { parseSetFlag } from '../engine/config/overrides.ts';
import { placeError } from '../engine/config/place-error.ts';
import { redact, withoutSecrets } from '../engine/config/secrets.ts';
import { afterRefusal } from '../engine/notification/after-operation.ts';
import { type OpenProjectOptions, openProject, type Project, secretsOf } from '../engine/project.ts';
import { EngineError } from '../engine/support/errors.ts';
import type { LogEntry } from '../engine/support/operation-log.ts';
import type { OperationControl } from '../engine/support/progress.ts';
import { ProgressLine } from './output/progress-line.ts';
import type { Terminal } from './output/terminal.ts';
import type { Outcome } from './program.ts';

/** What every command takes beside its own options. */
export interface CommonOptions {
  config: string;
  set: string[];
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** What a command works with: its project, the terminal, and the means to tell how far it is and to be cancelled. */
export class CommandContext {
  readonly options: CommonOptions;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly #progress: ProgressLine;
  #project: Project | undefined;
  #secrets: string[] | undefined;

  constructor(options: CommonOptions, terminal: Terminal, signal: AbortSignal) {
    this.options = options;
    this.terminal = terminal;
    this.signal = signal;
    this.#progress = new ProgressLine(options.quiet ? undefined : terminal.progressStream);
  }

  /** How the project is opened, for operations that open it themselves. */
  get projectOptions(): OpenProjectOptions {
    const { config: configFile, set } = this.options;
    return { configFile, set, env: this.terminal.env, onLog: this.#onLog, signal: this.signal };
  }

  /** The project that --config names, opened once and closed at the end. */
  async project(options: Pick<OpenProjectOptions, 'createStore'> = {}): Promise<Project> {
    if (this.#project) return this.#project;
    this.#project = await openProject({ ...this.projectOptions, ...options });
    this.#warn(this.#project.loaded);
    return this.#project;
  }

  /** As {@link project}, for an operation that people are told of: also when it cannot begin. */
  async projectFor(operation: string, options: Pick<OpenProjectOptions, 'createStore'> = {}): Promise<Project> {
    try {
      return await this.project(options);
    } catch (error) {
      if (!this.isAttended) await afterRefusal(this.projectOptions, operation, error);
      throw error;
    }
  }

  /** The project for a command that works on what was trained: there must be a store. */
  storedProject(): Promise<Project> {
    return this.project({ createStore: false });
  }

  /** As {@link projectToRead}; null where there is no store yet. */
  async projectToReadIfStored(): Promise<Project | null> {
    try {
      await this.storedProject();
    } catch (error) {
      if (EngineError.is(error, 'not-found')) return null;
      throw error;
    }
    return this.projectToRead();
  }

  /**
   * The project for a command that only reads: it makes no store, and tidies up too, unless the store may not be written
   * just now.
   */
  async projectToRead(): Promise<Project> {
    const project = await this.storedProject();
    await project.recover().catch((error: unknown) => {
      if (!EngineError.is(error, 'store-read-only') && !EngineError.is(error, 'store-locked')) throw error;
    });
    return project;
  }

  /** Only the configuration, for commands that need no store. */
  config(): LoadedConfig & { baseDir: string } {
    const file = path.resolve(this.options.config);
    const overrides = this.options.set.map(parseSetFlag);
    return { ...loadConfig({ file, overrides, env: this.terminal.env }), baseDir: path.dirname(file) };
  }

  /** Whether a person watches: who sees a failure needs no mail about it. */
  get isAttended(): boolean {
    return this.terminal.progressStream !== undefined;
  }

  /** Cancel and progress, for operations that take a while. */
  get control(): OperationControl {
    return { signal: this.signal, onProgress: (progress) => this.#progress.show(progress) };
  }

  /** The result: a document with --json, else text. */
  print({ document, text, isData = false }: Outcome): void {
    const { json } = this.options;
    if (json) this.terminal.output(JSON.stringify(withoutSecrets(document, this.#known()), null, 2));
    else if (text !== '') this.terminal.output(isData ? text : this.#redact(text));
  }

  /** A sentence for the operator beside the result. */
  note(text: string): void {
    if (!this.options.quiet) this.complain(text);
  }

  /** Something doubtful about the data: --quiet leaves out remarks, not this. */
  warn(text: string): void {
    this.complain(`warning: ${text}`);
  }

  /** A sentence that is shown even with --quiet: why the command failed. */
  complain(text: string): void {
    this.#progress.clear();
    this.terminal.error(this.#redact(text));
  }

  /** What stopped the command; about a configured value it says where that stands. */
  placed(error: unknown): unknown {
    return this.#project ? placeError(error, this.#project.loaded) : error;
  }

  async close(): Promise<void> {
    this.#progress.clear();
    await this.#project?.close();
  }

  #redact(text: string): string {
    return redact(text, this.#known());
  }

  /** Looked up when something is printed: the values that must not be. */
  #known(): string[] {
    this.#secrets ??= secretsOf(this.projectOptions);
    return this.#secrets;
  }

  #warn({ findings }: LoadedConfig): void {
    for (const { message } of findings) this.note(`warning: ${message}`);
  }

  readonly #onLog = (entry: LogEntry): void => {
    if (this.options.verbose) this.note(`${entry.time} ${entry.level} ${entry.message}`);
  };
}
