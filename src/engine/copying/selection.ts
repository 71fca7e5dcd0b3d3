import { EVENT_VERSION_TAGS, MODEL_TAG } from '../registry/events.ts';
import { unknownModel } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import type {
  Experiment,
  ModelVersion,
  RegisteredModel,
  Run,
  StoreDescription,
  TrackingStore,
} from '../tracking/store.ts';
import { ownTags } from './copy-tags.ts';
import { requireNames } from './names.ts';
import { RECORD_TAG, type RunStub, runStubs } from './origin.ts';
import { PARENT_TAG, parentsFirst } from './parents.ts';

/** What to copy: everything unless one of these is given. */
export interface CopySelection {
  /** Name of an experiment: its runs. */
  experiment?: string | undefined;
  runId?: string | undefined;
  /** A registered model: its versions with their runs, aliases and history. */
  model?: string | undefined;
  /** With `model`: this version alone, with its run. */
  version?: string | undefined;
  /** Name of the model in the target, when one model is copied; its own unless given. */
  modelName?: string | undefined;
}

export interface SelectedExperiment {
  name: string;
  tags: Record<string, string>;
  /** Oldest first. */
  runs: RunStub[];
}

export interface SelectedModel {
  model: RegisteredModel;
  /** Its name in the target. */
  targetName: string;
  /** Oldest first. */
  versions: ModelVersion[];
  /** Aliases, stages and history come along. */
  isWhole: boolean;
  /** Runs that record its deployments, by experiment. */
  events: SelectedExperiment[];
}

export interface Selection {
  experiments: SelectedExperiment[];
  models: SelectedModel[];
}

/**
 * Finds what is to be copied.
 * @param kind of the target
 * @throws EngineError `not-found`, `usage` when too much is asked for at once or the target cannot take a name, `unsupported` for artifacts that nobody here can read
 */
export async function select(
  source: TrackingStore,
  selection: CopySelection,
  kind: StoreDescription['kind'],
): Promise<Selection> {
  const selected = renamed(await find(source, selection), selection.modelName);
  requireNames(selected, kind);
  for (const each of selected.experiments) each.runs = parentsFirst(each.runs);
  for (const { runs } of selected.experiments) {
    for (const { artifactUri } of runs) source.artifacts.repository(artifactUri);
  }
  return selected;
}

function renamed(selection: Selection, modelName: string | undefined): Selection {
  if (modelName === undefined) return selection;
  const [model] = selection.models;
  if (model !== undefined && selection.models.length === 1) {
    return { ...selection, models: [{ ...model, targetName: modelName }] };
  }
  throw new EngineError(
    'usage',
    `--model-name names one model in the target, and there are ${selection.models.length}.`,
    {
      fix: 'Say with --model which one is to be copied.',
    },
  );
}

async function find(source: TrackingStore, selection: CopySelection): Promise<Selection> {
  const { experiment, runId, model, version } = selection;
  if ([experiment, runId, model].filter((each) => each !== undefined).length > 1) {
    throw new EngineError('usage', 'Copy an experiment, a run or a model, one at a time.', {
      fix: 'Give --experiment, --run or --model, or none of them for everything.',
    });
  }
  if (version !== undefined && model === undefined) {
    throw new EngineError('usage', '--version is the number of a version of a model.', { fix: 'Give --model too.' });
  }
  if (model !== undefined) return selectModel(source, model, version);
  if (runId !== undefined) {
    return { experiments: await experimentsOf(source, [await source.getRun(runId)]), models: [] };
  }
  if (experiment !== undefined) return { experiments: [await selectExperiment(source, experiment)], models: [] };
  return selectAll(source);
}

async function selectExperiment(source: TrackingStore, name: string): Promise<SelectedExperiment> {
  const experiment = await source.findExperiment(name);
  if (experiment !== null) return { name, tags: ownTags(experiment.tags), runs: await allStubs(source, experiment) };
  const names = (await source.listExperiments()).map((each) => each.name);
  const near = nearestName(name, names);
  throw new EngineError(
    'not-found',
    `There is no experiment "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    {
      fix: `Experiments there are: ${names.join(', ')}.`,
    },
  );
}

async function selectModel(source: TrackingStore, name: string, version: string | undefined): Promise<Selection> {
  const model = await source.findModel(name);
  if (model === null) throw await unknownModel(source, name);
  const versions =
    version === undefined ? (await source.listVersions(name)).reverse() : [await source.getVersion(name, version)];
  const runIds = [...new Set(versions.flatMap(({ runId }) => runId ?? []))];
  // Without those that were deleted: their versions are carried by runs of copying's own.
  const byId = new Map((await source.getRuns(runIds)).map((run) => [run.runId, run]));
  const runs = runIds.flatMap((runId) => byId.get(runId) ?? []);
  const isWhole = version === undefined;
  const events = isWhole ? await eventsOf(source, name) : [];
  return {
    experiments: await experimentsOf(source, runs),
    models: [{ model, targetName: name, versions, isWhole, events }],
  };
}

/**
 * Events go with their models, because they name versions, which may get other numbers. Records of copying are about the store that
 * they are in.
 */
async function selectAll(source: TrackingStore): Promise<Selection> {
  const models: SelectedModel[] = [];
  for (const model of await source.listModels()) {
    const versions = (await source.listVersions(model.name)).reverse();
    models.push({ model, targetName: model.name, versions, isWhole: true, events: await eventsOf(source, model.name) });
  }
  const names = new Set(models.map(({ model }) => model.name));
  const experiments: SelectedExperiment[] = [];
  for (const experiment of await source.listExperiments()) {
    const stubs = await allStubs(source, experiment);
    const runs = stubs.filter(({ tags }) => !names.has(tags[MODEL_TAG] ?? '') && tags[RECORD_TAG] === undefined);
    if (runs.length > 0) experiments.push({ name: experiment.name, tags: ownTags(experiment.tags), runs });
  }
  return { experiments, models };
}

async function eventsOf(source: TrackingStore, model: string): Promise<SelectedExperiment[]> {
  const filter = `tags.\`${MODEL_TAG}\` = ${model.includes("'") ? `"${model}"` : `'${model}'`}`;
  const found: SelectedExperiment[] = [];
  for (const { experimentId, name, tags } of await source.listExperiments()) {
    if (!name.endsWith('_events')) continue;
    const runs = (await runStubs(source, experimentId, [MODEL_TAG, ...EVENT_VERSION_TAGS], filter)).reverse();
    if (runs.length > 0) found.push({ name, tags: ownTags(tags), runs });
  }
  return found;
}

async function allStubs(source: TrackingStore, { experimentId }: Experiment): Promise<RunStub[]> {
  return (await runStubs(source, experimentId, [MODEL_TAG, RECORD_TAG, PARENT_TAG])).reverse();
}

/** Runs by the names of their experiments. */
async function experimentsOf(source: TrackingStore, runs: Run[]): Promise<SelectedExperiment[]> {
  const experiments = new Map((await source.listExperiments()).map((each) => [each.experimentId, each]));
  const byName = new Map<string, SelectedExperiment>();
  for (const run of runs) {
    const experiment = experiments.get(run.experimentId);
    if (!experiment) continue;
    const { name, tags } = experiment;
    const selected = byName.get(name) ?? { name, tags: ownTags(tags), runs: [] };
    selected.runs.push(run);
    byName.set(name, selected);
  }
  return [...byName.values()];
}
