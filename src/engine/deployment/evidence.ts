import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { joinLocation } from '../artifacts/artifact-path.ts';
import { type LoadedModel, loadModel } from '../model/loaded-model.ts';
import { parseSignature } from '../model/mlmodel-file.ts';
import { type Signature, signatureDifferences } from '../model/signature.ts';
import { readInput } from '../prediction/input.ts';
import { scoreRows } from '../prediction/predict.ts';
import type { GateEvidence } from '../registry/gates.ts';
import { inspectFolder } from '../registry/model-version.ts';
import { type RegistryState, versionStage } from '../registry/state.ts';
import { toEngineError } from '../support/errors.ts';
import type { ModelVersion, TrackingStore } from '../tracking/store.ts';

/** Run tag of a run that was trained on stand-in data: which source it was. */
const FALLBACK_TAG = 'gnu_mlops.data_fallback';

/** Looks up everything the gates judge a version by. Nothing here throws for what is wrong with the version itself. */
export async function gatherEvidence(
  store: TrackingStore,
  state: RegistryState,
  version: ModelVersion,
): Promise<GateEvidence> {
  const run = version.runId === null ? null : await store.getRun(version.runId);
  const { state: folder, folder: copy } = await inspectFolder(store, version, { fresh: true, run });
  return {
    metrics: run?.metrics ?? {},
    folder,
    loadError: copy === null ? 'the model folder is missing' : loadError(copy),
    signatureChanges: await signatureChanges(store, state, version, copy),
    fallbackSource: run?.tags[FALLBACK_TAG] ?? null,
    inStaging: versionStage(state, version.version) === 'Staging',
  };
}

/** Why a model does not load or does not score its own input example; null when it does. */
function loadError(folder: string): string | null {
  try {
    scoreExample(loadModel(folder));
    return null;
  } catch (error) {
    // The refusal that it becomes part of has a full stop of its own.
    return toEngineError(error).message.replace(/\.$/, '');
  }
}

function scoreExample(model: LoadedModel): void {
  const { columns, data } = model.inputExample();
  const names = model.signature.inputs.map(({ name }) => name);
  const rows = data.map((cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i]])));
  scoreRows(model, readInput({ rows }, names), false);
}

/** What callers of the version in production would notice; undefined when there is none to compare with. */
async function signatureChanges(
  store: TrackingStore,
  state: RegistryState,
  version: ModelVersion,
  copy: string | null,
): Promise<string[] | undefined> {
  const holder = state.versions.find((candidate) => candidate.version === state.aliases.GNU_Production);
  if (holder === undefined || holder.version === version.version) return undefined;
  const location = await store.locate(holder);
  const before = signatureOf(await store.artifacts.file(location, 'MLmodel'), location);
  if (before === null) return undefined;
  const after = copy === null ? null : signatureOf(readModelFile(copy), copy);
  return after === null ? ['the version has no signature'] : signatureDifferences(before, after);
}

function readModelFile(folder: string): Buffer | null {
  const file = path.join(folder, 'MLmodel');
  return existsSync(file) ? readFileSync(file) : null;
}

function signatureOf(text: Buffer | null, location: string): Signature | null {
  try {
    return text === null ? null : parseSignature(text.toString(), joinLocation(location, 'MLmodel'));
  } catch {
    return null;
  }
}
