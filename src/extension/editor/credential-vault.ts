import type * as vscode from 'vscode';
import type { KeptCredentials } from '../../protocol/engine-api.ts';

interface NewCredentials {
  /** Who accepted them; another host never gets them. */
  host: string;
  credentials: Record<string, string>;
  /** Variables that are forgotten, because they would be used instead. */
  replaces?: string[];
}

/** What somebody signed in with, in the editor's secret storage: by configuration file and host, never in settings or logs. */
export class CredentialVault {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  async get(configFile: string): Promise<KeptCredentials | undefined> {
    const text = await this.#secrets.get(keyOf(configFile));
    return text === undefined ? undefined : (JSON.parse(text) as KeptCredentials);
  }

  /** Adds to what is there: a project may need a server and S3. */
  async add(configFile: string, { host, credentials, replaces = [] }: NewCredentials): Promise<void> {
    const kept = (await this.get(configFile)) ?? {};
    const before = Object.entries(kept[host] ?? {}).filter(([name]) => !replaces.includes(name));
    const all = { ...kept, [host]: { ...Object.fromEntries(before), ...credentials } };
    await this.#secrets.store(keyOf(configFile), JSON.stringify(all));
  }

  async forget(configFile: string): Promise<void> {
    await this.#secrets.delete(keyOf(configFile));
  }
}

function keyOf(configFile: string): string {
  return `credentials-by-host:${configFile}`;
}
