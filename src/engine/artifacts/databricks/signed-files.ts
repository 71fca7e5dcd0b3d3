import type { Readable } from 'node:stream';
import type { Content, WorkspaceClient } from '../../databricks/workspace-client.ts';
import { EngineError } from '../../support/errors.ts';

/** A signed address as Databricks hands it out: whoever has it may read or write one file. */
interface CredentialInfo {
  signed_uri?: string;
  type?: string;
  headers?: { name: string; value: string }[];
}

/** A direct child of a folder: paths are relative to the root of the run. */
export interface ListedArtifact {
  path: string;
  is_dir?: boolean;
  file_size?: number | string;
}

/** Reads and writes the files of one run, or of one logged model of MLflow 3, by signed addresses of cloud storage. */
export class SignedFiles {
  readonly #client: WorkspaceClient;
  readonly #owner: SignedOwner;

  constructor(client: WorkspaceClient, owner: SignedOwner) {
    this.#client = client;
    this.#owner = owner;
  }

  /** @param path relative to the root of the run's artifacts */
  async open(path: string, signal?: AbortSignal): Promise<Readable> {
    const address = await this.#credential('read', path, signal);
    return (await this.#client.openSigned({ ...address, signal })).body;
  }

  async put(path: string, content: Content, size: number, signal?: AbortSignal): Promise<void> {
    const address = await this.#credential('write', path, signal);
    await this.#client.uploadSigned({ ...address, signal }, content, size);
  }

  /** Direct children of a folder. Models of MLflow 3 are listed by the Files API only. */
  async list(path: string, signal?: AbortSignal): Promise<ListedArtifact[]> {
    if (this.#owner.kind === 'model') return [];
    const found: ListedArtifact[] = [];
    let token: string | undefined;
    do {
      const query = {
        run_id: this.#owner.id,
        ...(path === '' ? {} : { path }),
        ...(token ? { page_token: token } : {}),
      };
      const answer = await this.#client.call<{ files?: ListedArtifact[]; next_page_token?: string }>({
        method: 'GET',
        path: '/api/2.0/mlflow/artifacts/list',
        query,
        signal,
      });
      found.push(...(answer.files ?? []));
      token = answer.next_page_token || undefined;
    } while (token !== undefined);
    return found;
  }

  async #credential(what: 'read' | 'write', path: string, signal?: AbortSignal) {
    const info = await this.#ask(what, path, signal);
    if (!info?.signed_uri) throw new EngineError('not-found', `Databricks gives no address for ${path}.`);
    return { url: info.signed_uri, headers: { ...typeHeaders(what, info.type), ...headersOf(info) } };
  }

  async #ask(what: 'read' | 'write', path: string, signal?: AbortSignal): Promise<CredentialInfo | undefined> {
    const { kind, id } = this.#owner;
    const post = <T>(at: string, body: object) =>
      this.#client.call<T>({ method: 'POST', path: `/api/2.0/mlflow/${at}`, body, isRepeatable: true, signal });
    if (kind === 'run') {
      const body = { run_id: id, path: [path] };
      const answer = await post<{ credential_infos?: CredentialInfo[] }>(`artifacts/credentials-for-${what}`, body);
      return answer.credential_infos?.[0];
    }
    const verb = what === 'read' ? 'download' : 'upload';
    const answer = await post<{ credentials?: { credential_info?: CredentialInfo }[] }>(
      `logged-models/${id}/artifacts/credentials-for-${verb}`,
      { paths: [path] },
    );
    return answer.credentials?.[0]?.credential_info;
  }
}

/** Whose files they are. */
export interface SignedOwner {
  kind: 'run' | 'model';
  id: string;
}

/** Azure wants to know what kind of blob a single upload makes. @throws EngineError `unsupported` */
function typeHeaders(what: 'read' | 'write', type = ''): Record<string, string> {
  if (what === 'read') return {};
  if (type === 'AZURE_SAS_URI') return { 'x-ms-blob-type': 'BlockBlob' };
  if (type !== 'AZURE_ADLS_GEN2_SAS_URI') return {};
  throw new EngineError(
    'unsupported',
    'Artifacts of this workspace are written to Azure Data Lake by steps that are not there yet.',
    {
      fix: 'Give the experiment an artifact location in a Volume: dbfs:/Volumes/catalog/schema/volume/path.',
    },
  );
}

function headersOf({ headers = [] }: CredentialInfo): Record<string, string> {
  return Object.fromEntries(headers.map(({ name, value }) => [name, value]));
}
