/** Experiments of a workspace are paths; names that are none lie in the folder of the project. */
export class ExperimentNames {
  readonly #folder: string;

  /** @param folder `databricks.workspace_path` */
  constructor(folder: string) {
    this.#folder = folder.replace(/^\/Workspace(?=\/)/, '').replace(/\/$/, '');
  }

  /** "churn" is `/Shared/gnu_mlops/churn`; a path is itself. */
  toPath(name: string): string {
    return name.startsWith('/') ? name : `${this.#folder}/${name}`;
  }

  /** Gives the experiments in an answer the names that they are called by here. */
  restore(answer: unknown): void {
    const { experiment, experiments } = (answer ?? {}) as { experiment?: Named; experiments?: Named[] };
    for (const each of [experiment, ...(experiments ?? [])]) {
      const inner = each?.name.startsWith(`${this.#folder}/`) ? each.name.slice(this.#folder.length + 1) : undefined;
      if (each !== undefined && inner !== undefined && inner !== '') each.name = inner;
    }
  }
}

interface Named {
  name: string;
}
