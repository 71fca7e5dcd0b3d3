import { digestFolder } from '../model/digest.ts';
import { type LoadedModel, loadModel } from '../model/loaded-model.ts';
import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import type { ModelVersion, RegisteredModel, Run, TrackingStore } from '../tracking/store.ts';
import type { Stage } from './stages.ts';
import { unknownModel } from './state.ts';

/** Run tag with the digest of the run's model folder. */
export const MODEL_DIGEST_TAG = 'gnu_mlops.model_digest';

/** One way to name a version; the stage GNU_Production when nothing is given. */
export interface VersionSelector {
  stage?: Stage | undefined;
  alias?: string | undefined;
  version?: string | undefined;
}

/**
 * The version that a selector names.
 * @throws EngineError `not-found` when there is no such model, version, or holder of the stage or alias
 */
export async function resolveVersion(
  store: TrackingStore,
  modelName: string,
  selector: VersionSelector,
): Promise<ModelVersion> {
  if (selector.version !== undefined) return store.getVersion(modelName, selector.version);
  const alias = selector.alias ?? selector.stage ?? 'GNU_Production';
  const model = await store.findModel(modelName);
  const version = model?.aliases[alias];
  if (version !== undefined) return store.getVersion(modelName, version);
  if (model === null) throw await unknownModel(store, modelName);
  if (selector.alias !== undefined) throw unknownAlias(model, selector.alias);
  throw new EngineError('not-found', `No version of ${modelName} is in ${alias}.`, {
    fix: 'Deploy one (gnu-mlops deploy --stage staging), or name one with --version.',
  });
}

function unknownAlias({ name, aliases }: RegisteredModel, wanted: string): EngineError {
  const names = Object.keys(aliases).sort();
  const near = nearestName(wanted, names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return new EngineError('not-found', `${name} has no alias "${wanted}".${hint}`, {
    fix: names.length === 0 ? 'It has no alias at all; name a --version.' : `Aliases there are: ${names.join(', ')}.`,
  });
}

/** Whether the version's files are what its run recorded. */
export type FolderState = 'intact' | 'missing' | 'altered' | 'unrecorded';

export interface InspectedFolder {
  state: FolderState;
  /** The model folder, or a copy of it, on this machine; null when it is missing. */
  folder: string | null;
}

/**
 * Compares a version's model folder with the digest that its run recorded.
 * @param options.fresh look at what is there now, not at the last copy of it
 * @param options.run the version's run, by who has it already
 */
export async function inspectFolder(
  store: TrackingStore,
  version: ModelVersion,
  { fresh = false, run }: { fresh?: boolean; run?: Run | null } = {},
): Promise<InspectedFolder> {
  const folder = await store.artifacts.folder(await store.locate(version), { fresh });
  if (folder === null) return { state: 'missing', folder };
  const recordedBy = run ?? (version.runId === null ? null : await store.getRun(version.runId));
  const recorded = recordedBy?.tags[MODEL_DIGEST_TAG];
  if (recorded === undefined) return { state: 'unrecorded', folder };
  return { state: digestFolder(folder) === recorded ? 'intact' : 'altered', folder };
}

/**
 * Loads a version's model, ready to score.
 * @throws EngineError `invalid-model` when its files are missing, cut off, or not what its run recorded
 */
export async function loadVersion(store: TrackingStore, version: ModelVersion): Promise<LoadedModel> {
  const { state, folder } = await inspectFolder(store, version);
  const name = `${version.name} version ${version.version}`;
  const fix = 'Restore the model folder, or roll back: gnu-mlops rollback';
  if (folder === null) {
    throw new EngineError('invalid-model', `${name}: the model folder ${await store.locate(version)} is missing.`, {
      fix,
    });
  }
  const model = loadModel(folder);
  if (state !== 'altered') return model;
  throw new EngineError(
    'invalid-model',
    `${name}: the files in ${await store.locate(version)} were altered after training.`,
    {
      fix,
    },
  );
}
