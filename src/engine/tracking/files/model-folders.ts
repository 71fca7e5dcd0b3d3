import path from 'node:path';
import type { ModelVersion, RegisteredModel, StageField } from '../store.ts';
import { foldersOf, type Losses, type Meta, numberOf, readMeta, textOf, textsOf } from './meta-file.ts';

/** A registered model as its folder has it. */
export interface StoredModel extends RegisteredModel {
  versions: StoredVersion[];
}

export type StoredVersion = Omit<ModelVersion, 'location' | 'aliases'> & { storageLocation: string };

const VERSION = /^version-(\d+)$/;

/** Every registered model of an `mlruns` folder (mlflow/store/model_registry/file_store.py); what cannot be read is left out and told. */
export async function readModels(root: string, losses: Losses): Promise<StoredModel[]> {
  const found: StoredModel[] = [];
  for (const name of await foldersOf(path.join(root, 'models'), losses)) {
    const folder = path.join(root, 'models', name);
    const meta = await readMeta(folder, { losses, key: 'name', isExpected: true });
    if (meta !== null) found.push(await readModel(folder, meta, losses));
  }
  return found;
}

async function readModel(folder: string, meta: Meta, losses: Losses): Promise<StoredModel> {
  const versions: StoredVersion[] = [];
  for (const name of (await foldersOf(folder, losses)).filter((each) => VERSION.test(each))) {
    const versionFolder = path.join(folder, name);
    const versionMeta = await readMeta(versionFolder, { losses, key: 'version', isExpected: true });
    if (versionMeta !== null) versions.push(await readVersion(versionFolder, versionMeta, losses));
  }
  return {
    name: textOf(meta.name),
    description: textOf(meta.description),
    createdAt: numberOf(meta.creation_timestamp) ?? 0,
    updatedAt: numberOf(meta.last_updated_timestamp) ?? 0,
    tags: await textsOf(path.join(folder, 'tags'), losses),
    aliases: await textsOf(path.join(folder, 'aliases'), losses),
    versions,
  };
}

async function readVersion(folder: string, meta: Meta, losses: Losses): Promise<StoredVersion> {
  const source = textOf(meta.source);
  return {
    name: textOf(meta.name),
    version: textOf(meta.version),
    createdAt: numberOf(meta.creation_timestamp) ?? 0,
    updatedAt: numberOf(meta.last_updated_timestamp) ?? 0,
    description: textOf(meta.description),
    userId: textOf(meta.user_id),
    stageField: (textOf(meta.current_stage) || 'None') as StageField,
    status: (textOf(meta.status) || 'READY') as ModelVersion['status'],
    source,
    storageLocation: textOf(meta.storage_location) || source,
    runId: textOf(meta.run_id) || null,
    tags: await textsOf(path.join(folder, 'tags'), losses),
  };
}
