import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSqliteStore, type SqliteStore } from '../../../src/engine/tracking/sqlite/store.ts';
import type { Job, JobRun } from './jobs.ts';
import type { LoggedModel } from './logged-models.ts';
import type { Endpoint } from './serving.ts';
import type { SqlTable, Statement, Warehouse } from './sql.ts';
import type { UnityModel } from './unity-catalog.ts';

/** What a workspace holds. Tests look into it and put things there. */
export class Workspace {
  readonly id = '7474645572615955';
  readonly userName = 'alice@example.com';
  /** The personal access token that is good here. */
  readonly token = `dapi${randomBytes(16).toString('hex')}`;
  readonly principal = {
    clientId: '9d2f3b1e-0000-4000-8000-00000000c0de',
    clientSecret: `dose${randomBytes(16).toString('hex')}`,
  };
  /** How long tokens of the service principal are good. */
  tokenSeconds = 3600;
  readonly issuedTokens = new Map<string, { user: string; expiresAt: number }>();

  /** Experiments and runs: MLflow's own semantics, in a file. */
  readonly runs: SqliteStore;
  /** When each run's artifacts were asked for by signed addresses only. */
  filesApiForArtifacts = true;
  /** Whether Unity Catalog takes a model's files through the Files API; else by signed addresses. */
  filesApiForModels = true;
  readonly loggedModels = new Map<string, LoggedModel>();
  readonly models = new Map<string, UnityModel>();
  /** The registry of the workspace that was there before Unity Catalog. */
  readonly legacyModels = new Map<string, UnityModel>();

  /** Bytes by absolute path: `/Volumes/...`, `/Models/...`, `/WorkspaceInternal/...`. */
  readonly files = new Map<string, Buffer>();
  readonly folders = new Set<string>(['/Volumes/main/ml/data']);
  /** Workspace files: `/Users/...`, `/Shared/...`. */
  readonly workspaceFiles = new Map<string, Buffer>();
  readonly workspaceFolders = new Set<string>(['/', '/Shared', '/Users', '/Users/alice@example.com']);
  readonly dbfs = new Map<string, Buffer>();
  readonly dbfsFolders = new Set<string>(['/']);
  readonly dbfsHandles = new Map<string, { path: string; parts: Buffer[] }>();
  /** Signed addresses: what their key permits. */
  readonly signed = new Map<string, { path: string; may: 'read' | 'write' }>();

  readonly warehouses = new Map<string, Warehouse>([
    ['abc123def4567890', { id: 'abc123def4567890', name: 'Starter', state: 'RUNNING', polls: 0 }],
  ]);
  readonly tables = new Map<string, SqlTable>();
  readonly statements = new Map<string, Statement>();
  readonly jobs = new Map<string, Job>();
  readonly jobRuns = new Map<string, JobRun>();
  readonly endpoints = new Map<string, Endpoint>();
  /** What the next run of a job comes to. */
  nextRun: 'SUCCESS' | 'FAILED' = 'SUCCESS';
  /** What the next deployment of an endpoint comes to. */
  nextServing: 'READY' | 'FAILED' = 'READY';

  readonly #folder: string;
  /** Far beyond 2^53, where neighbours are the same number to whoever rounds them. */
  #nextId = 2n ** 60n + 1n;

  private constructor(runs: SqliteStore, folder: string) {
    this.runs = runs;
    this.#folder = folder;
  }

  static async make(): Promise<Workspace> {
    const folder = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-databricks-'));
    return new Workspace(await openSqliteStore({ path: path.join(folder, 'runs.db') }), folder);
  }

  async close(): Promise<void> {
    await this.runs.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  nextId(): bigint {
    this.#nextId += 1n;
    return this.#nextId;
  }

  /** An address that permits one thing with one file to whoever has it. */
  sign(origin: string, file: string, may: 'read' | 'write'): string {
    const key = randomBytes(12).toString('hex');
    this.signed.set(key, { path: file, may });
    return `${origin}/storage${file.split('/').map(encodeURIComponent).join('/')}?X-Amz-Signature=${key}`;
  }
}
