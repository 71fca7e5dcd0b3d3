import type * as vscode from 'vscode';

type Credentials = Record<string, string>;

/** What somebody signed in with, in the editor's secret storage: by configuration file, never in settings or logs. */
export class CredentialVault {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  async get(configFile: string): Promise<Credentials | undefined> {
    const text = await this.#secrets.get(keyOf(configFile));
    return text === undefined ? undefined : (JSON.parse(text) as Credentials);
  }

  /**
   * Adds to what is there: a project may need a server and S3.
   * @param replaces variables that are forgotten, because they would be used instead
   */
  async add(configFile: string, credentials: Credentials, replaces: string[] = []): Promise<void> {
    const before = Object.entries((await this.get(configFile)) ?? {}).filter(([name]) => !replaces.includes(name));
    const all = { ...Object.fromEntries(before), ...credentials };
    await this.#secrets.store(keyOf(configFile), JSON.stringify(all));
  }

  async forget(configFile: string): Promise<void> {
    await this.#secrets.delete(keyOf(configFile));
  }
}

function keyOf(configFile: string): string {
  return `credentials:${configFile}`;
}
