import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import { type DeploymentEvent, MODEL_TAG, toEvent } from './events.ts';
import { STAGES, type Stage, type VersionStage } from './stages.ts';

/** Version tag of a version that was rolled back: the version that took its place. */
export const ROLLED_BACK_TAG = 'gnu_mlops_rolled_back';

/** Everything that plans and history are made from, read at one moment. */
export interface RegistryState {
  modelName: string;
  /** Newest first, without deleted ones. */
  versions: ModelVersion[];
  /** Version by alias. */
  aliases: Record<string, string>;
  /** Newest first, whatever their status. */
  events: DeploymentEvent[];
}

const ATTEMPTS = 5;

/**
 * Reads a model's registry and its events. An unknown model has no versions. Aliases are read before and after the events,
 * so that a promotion in between does not look like a change by another tool.
 */
export async function loadRegistryState(
  store: TrackingStore,
  eventsExperiment: string,
  modelName: string,
): Promise<RegistryState> {
  for (let attempt = 1; ; attempt++) {
    const before = await store.findModel(modelName);
    const versions = before ? await store.listVersions(modelName, before) : [];
    const events = await eventsOf(store, eventsExperiment, modelName);
    const after = await store.findModel(modelName);
    const aliases = after?.aliases ?? {};
    const isSteady = JSON.stringify(before?.aliases ?? {}) === JSON.stringify(aliases);
    if (isSteady || attempt === ATTEMPTS) return { modelName, versions, aliases, events };
  }
}

/**
 * As {@link loadRegistryState}, for a plan: aliases are read once, because the commit compares them with the plan and a promotion in
 * between is a conflict then.
 */
export async function loadStateForPlan(
  store: TrackingStore,
  eventsExperiment: string,
  modelName: string,
): Promise<RegistryState> {
  const model = await store.findModel(modelName);
  const versions = model ? await store.listVersions(modelName, model) : [];
  const events = await eventsOf(store, eventsExperiment, modelName);
  return { modelName, versions, aliases: model?.aliases ?? {}, events };
}

async function eventsOf(store: TrackingStore, experimentName: string, modelName: string): Promise<DeploymentEvent[]> {
  const experiment = await store.findExperiment(experimentName);
  return experiment ? loadEvents(store, experiment.experimentId, modelName) : [];
}

/** The events of a model, newest first. */
async function loadEvents(store: TrackingStore, experimentId: string, modelName: string): Promise<DeploymentEvent[]> {
  const filter = `tags.\`${MODEL_TAG}\` = ${quoted(modelName)}`;
  const runs = await allRuns(store, [experimentId], filter);
  const events = runs.flatMap((run) => toEvent(run) ?? []);
  return events.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** The state around an event, from the experiment that the event's run is in. */
export async function loadStateOf(store: TrackingStore, eventRun: Run, modelName: string): Promise<RegistryState> {
  const model = await store.findModel(modelName);
  const versions = model ? await store.listVersions(modelName, model) : [];
  const events = await loadEvents(store, eventRun.experimentId, modelName);
  return { modelName, versions, aliases: model?.aliases ?? {}, events };
}

/** Every run of these experiments that a filter finds, page by page. */
export async function allRuns(store: TrackingStore, experimentIds: string[], filter: string): Promise<Run[]> {
  const runs: Run[] = [];
  let pageToken: string | null = null;
  do {
    const page = await store.searchRuns({
      experimentIds,
      filter,
      maxResults: 1000,
      ...(pageToken === null ? {} : { pageToken }),
    });
    runs.push(...page.runs);
    pageToken = page.nextPageToken;
  } while (pageToken !== null);
  return runs;
}

/** MLflow's filters have no escape: a text is quoted with the quote that it does not hold. */
function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

/**
 * Tells a model that nobody registered from one without versions.
 * @throws EngineError `not-found`, with the models there are
 */
export async function requireModel(
  store: TrackingStore,
  { modelName, versions, events }: RegistryState,
): Promise<void> {
  if (versions.length > 0 || events.length > 0 || (await store.findModel(modelName)) !== null) return;
  throw await unknownModel(store, modelName);
}

/** The error about a model that is not registered, with those that are. */
export async function unknownModel(store: TrackingStore, name: string): Promise<EngineError> {
  const names = (await store.listModels()).map((model) => model.name).sort();
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return new EngineError('not-found', `There is no registered model "${name}".${hint}`, {
    fix:
      names.length === 0
        ? 'Train one: gnu-mlops train'
        : `Models there are: ${names.join(', ')}. Correct mlflow.model_name, or train one: gnu-mlops train`,
    models: names,
  });
}

/** @throws EngineError `not-found` when the model or the version is not there */
export function requireVersion(state: RegistryState, version: string): ModelVersion {
  const found = state.versions.find((candidate) => candidate.version === version);
  if (found) return found;
  const known = state.versions.map((candidate) => candidate.version).join(', ');
  throw new EngineError('not-found', `${state.modelName} has no version ${version}.`, {
    fix: known === '' ? 'Train one: gnu-mlops train' : `Versions there are: ${known}.`,
  });
}

/** Where a version is: the alias tells; without one it is Archived when it was in production once, else None. */
export function versionStage(state: RegistryState, version: string): VersionStage {
  return aliasStage(state.aliases, version) ?? (wasInProduction(state, version) ? 'Archived' : 'None');
}

/** The stage that the aliases give a version; production counts when it has both. */
export function aliasStage(aliases: Record<string, string>, version: string): Stage | undefined {
  return [...STAGES].reverse().find((stage) => aliases[stage] === version);
}

/** Whether a finished event put the version into production or took it out of there. */
export function wasInProduction(state: RegistryState, version: string): boolean {
  return state.events.some((event) => {
    if (event.status !== 'FINISHED') return false;
    if (event.to === 'GNU_Production') return event.version === version || event.previous === version;
    return event.from === 'GNU_Production' && event.version === version;
  });
}
