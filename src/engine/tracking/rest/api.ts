import { EngineError } from '../../support/errors.ts';

/** A request to an MLflow server and whether asking twice does no harm. */
export interface ApiRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/2.0/mlflow/`. */
  path: string;
  query?: Record<string, string | number>;
  body?: object;
  /** The same request twice has the effect of one; reading always has. */
  isRepeatable?: boolean;
}

/** Sends requests and gives the answers' JSON; rejects with EngineError. */
export interface ServerClient {
  /** `https://host/path`, without credentials. */
  readonly location: string;
  json<T>(request: ApiRequest): Promise<T>;
  /** Text below the root of the server. */
  text(path: string): Promise<string>;
  close(): void;
}

/** What an answer about one thing holds, always; without it, it comes from something that says yes to everything. */
const ANSWERS: Record<string, string> = {
  'experiments/get-by-name': 'experiment',
  'runs/create': 'run',
  'runs/get': 'run',
  'registered-models/get': 'registered_model',
  'model-versions/create': 'model_version',
  'model-versions/get': 'model_version',
};

/** MLflow's REST API as methods; paging and "there is none" are dealt with here. */
export class MlflowApi {
  readonly #client: ServerClient;

  constructor(client: ServerClient) {
    this.#client = client;
  }

  get location(): string {
    return this.#client.location;
  }

  get<T>(path: string, query: Record<string, string | number>): Promise<T> {
    return this.#client.json({ method: 'GET', path, query, isRepeatable: true });
  }

  /** As `get`, but null when the server says that there is no such thing. */
  async find<T>(path: string, query: Record<string, string | number>): Promise<T | null> {
    try {
      return this.#whole(path, await this.get<T & object>(path, query));
    } catch (error) {
      if (EngineError.is(error, 'not-found')) return null;
      throw error;
    }
  }

  #whole<T extends object>(path: string, answer: T): T {
    const member = ANSWERS[path];
    if (member === undefined || isObject((answer as Record<string, unknown>)[member])) return answer;
    throw new EngineError(
      'unreachable',
      `What answers at ${this.location} does not look like an MLflow server: it tells no ${member} (${path}).`,
      { fix: 'Check that mlflow.tracking_uri is the address of an MLflow server.' },
    );
  }

  /** A search: a POST that changes nothing. */
  search<T>(path: string, body: object): Promise<T> {
    return this.#client.json({ method: 'POST', path, body, isRepeatable: true });
  }

  /** A change that has the same effect when it is sent twice. */
  set<T>(path: string, body: object, method: 'POST' | 'PATCH' | 'DELETE' = 'POST'): Promise<T> {
    return this.#client.json({ method, path, body, isRepeatable: true });
  }

  /** Makes something new: never sent twice, because nobody could tell whether there are two then. */
  async create<T extends object>(path: string, body: object): Promise<T> {
    return this.#whole(path, await this.#client.json<T>({ method: 'POST', path, body }));
  }

  /** Every item of a list that comes in pages. */
  async all<T>(
    nextPage: (token: string | undefined) => Promise<{ items: T[]; token: string | undefined }>,
  ): Promise<T[]> {
    const found: T[] = [];
    let token: string | undefined;
    do {
      const page = await nextPage(token);
      found.push(...page.items);
      token = page.token || undefined;
    } while (token !== undefined);
    return found;
  }

  /** The server's version, such as "3.17.2"; "unknown" where something in between keeps that page to itself. */
  async version(): Promise<string> {
    const text = await this.#client.text('/version').catch((error) => {
      if (EngineError.is(error) && error.details.status === 404) return '';
      throw error;
    });
    return /^\d+\.\d+[\w.]*$/.test(text.trim()) ? text.trim() : 'unknown';
  }

  close(): void {
    this.#client.close();
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
