import { eventsExperiment, type Project } from '../project.ts';
import { describeOutsideChange, detectOutsideChanges, stageHolders } from '../registry/history.ts';
import { STAGES, type Stage, type VersionStage } from '../registry/stages.ts';
import { loadRegistryState, type RegistryState, ROLLED_BACK_TAG, versionStage } from '../registry/state.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';

export interface VersionSummary {
  version: string;
  stage: VersionStage;
  /** ms since 1970 */
  createdAt: number;
  runId: string | null;
  /** Holdout metrics of its run. */
  metrics: Record<string, number>;
  aliases: string[];
  rolledBack: boolean;
}

/** Who holds a stage, since when, by whom and why as far as events tell. */
export interface StageSummary {
  version: string;
  /** ms since 1970; null when no event tells */
  since: number | null;
  by: string | null;
  notes: string;
}

export interface ModelSummary {
  name: string;
  stages: Record<Stage, StageSummary | null>;
  /** Newest first. */
  versions: VersionSummary[];
  /** Sentences about aliases that other tools moved. */
  changedOutside: string[];
}

/** Every registered model of the store as the registry view shows it; the project's own first. */
export async function listModels({ store, config }: Project): Promise<ModelSummary[]> {
  const own = config.mlflow.model_name;
  const names = (await store.listModels()).map(({ name }) => name);
  const ordered = names.sort((a, b) => Number(b === own) - Number(a === own) || (a < b ? -1 : 1));
  const summaries: ModelSummary[] = [];
  for (const name of ordered) {
    summaries.push(await summarise(store, await loadRegistryState(store, eventsExperiment(config), name)));
  }
  return summaries;
}

async function summarise(store: TrackingStore, state: RegistryState): Promise<ModelSummary> {
  const holders = stageHolders(state);
  // Versions outlive the runs they came from.
  const runs = await store.getRuns(state.versions.flatMap(({ runId }) => runId ?? []));
  const byId = new Map(runs.map((run) => [run.runId, run]));
  const versions = state.versions.map((version) => summariseVersion(state, version, byId.get(version.runId ?? '')));
  const stages = Object.fromEntries(
    STAGES.map((stage) => {
      const holding = holders[stage];
      if (holding === null) return [stage, null];
      const { version, since, by, notes } = holding;
      return [stage, { version, since, by, notes }];
    }),
  ) as ModelSummary['stages'];
  return {
    name: state.modelName,
    stages,
    versions,
    changedOutside: detectOutsideChanges(state).map(describeOutsideChange),
  };
}

function summariseVersion(state: RegistryState, version: ModelVersion, run: Run | undefined): VersionSummary {
  const holdout = Object.entries(run?.metrics ?? {}).filter(([name]) => !name.startsWith('cv_'));
  return {
    version: version.version,
    stage: versionStage(state, version.version),
    createdAt: version.createdAt,
    runId: version.runId,
    metrics: Object.fromEntries(holdout),
    aliases: version.aliases,
    rolledBack: ROLLED_BACK_TAG in version.tags,
  };
}
