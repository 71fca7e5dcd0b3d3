import type { Project } from '../project.ts';
import { EngineError } from '../support/errors.ts';
import type { OperationLog } from '../support/operation-log.ts';
import { OWNER_TAG, ownerTag } from '../support/process-identity.ts';
import { type OperationControl, throwIfCancelled } from '../support/progress.ts';
import type { ModelVersion, Run, TrackingStore } from '../tracking/store.ts';
import { locateModel, registerCopy, requireCommitted } from './copy-model.ts';
import { CopiedRuns, copyRun, type RunCopy } from './copy-runs.ts';
import { DESCRIPTION, modelTags, planTags, someTags } from './copy-tags.ts';
import { type Following, NOTHING_FOLLOWS, planFollowing } from './following.ts';
import { splitHistory } from './history.ts';
import { countRuns, failedVersion, isRunning, lookAt, NO_TAGS, statusOf, withUpdates } from './inventory.ts';
import { eventTags, type VersionsByOrigin, versionsByOrigin } from './numbers.ts';
import { COPIED_FROM_TAG, RECORD_TAG, runOrigin, versionOrigin } from './origin.ts';
import { Parents } from './parents.ts';
import type { CopiedExperiment, CopiedModel, CopiedTags, CopiedVersion, CopyResult } from './results.ts';
import { FileRemarks, isThere } from './run-files.ts';
import {
  type CopySelection,
  type SelectedExperiment,
  type SelectedModel,
  type Selection,
  select,
} from './selection.ts';
import type { TargetModel } from './sides.ts';
import { remarksOn, warningsAbout } from './warnings.ts';

/** Experiment that copies of models are runs of. */
export function copiesExperiment({ config }: Pick<Project, 'config'>): string {
  return `${config.mlflow.experiment_name}_copies`;
}

/** One copy that is carried out. */
export class Copying {
  readonly #source: TrackingStore;
  readonly #project: Project;
  readonly #log: OperationLog;
  readonly #options: CopySelection & OperationControl;
  readonly #copies: CopiedRuns;
  /** The experiments of the models' events. */
  readonly #histories: CopiedExperiment[] = [];
  readonly #remarks: string[] = [];
  readonly #files = new FileRemarks();
  readonly #parents: Parents;
  #done = 0;
  #total = 0;
  #location = '';

  constructor(source: TrackingStore, project: Project, log: OperationLog, options: CopySelection & OperationControl) {
    this.#source = source;
    this.#project = project;
    this.#log = log;
    this.#options = options;
    this.#copies = new CopiedRuns(project.store);
    this.#parents = new Parents(source, project.store, this.#copies);
  }

  async run(): Promise<CopyResult> {
    const started = performance.now();
    const { location, losses = [] } = await this.#source.describe();
    this.#location = location;
    this.#remarks.push(...losses);
    this.#log.write('info', `Copying from ${this.#location}.`);
    const { kind, location: to } = await this.#project.store.describe();
    const selection = await select(this.#source, this.#options, kind);
    this.#total = stepsOf(selection);
    const experiments: CopiedExperiment[] = [];
    for (const each of selection.experiments) experiments.push(await this.#copyExperiment(each));
    const models: CopiedModel[] = [];
    for (const each of selection.models) models.push(await this.#copyModel(each));
    const warnings = warningsAbout([...experiments, ...this.#histories], models, [
      ...this.#files.sentences(),
      ...this.#remarks,
    ]);
    for (const warning of warnings) this.#log.write('warning', warning);
    const result: CopyResult = {
      schema: 1,
      status: statusAfter([...experiments, ...this.#histories], models),
      from: this.#location,
      to,
      experiments,
      models,
      warnings,
      duration_ms: Math.round(performance.now() - started),
    };
    this.#log.write('info', result.status === 'incomplete' ? 'Copied but for some versions.' : 'Copied.', {
      experiments: experiments.length,
      models: models.length,
    });
    return result;
  }

  async #copyExperiment(
    { name, runs, tags: experimentTags }: SelectedExperiment,
    tags?: (tags: Record<string, string>) => Record<string, string>,
  ): Promise<CopiedExperiment> {
    const counts: CopiedExperiment = { name, copied: 0, present: 0, running: 0, tags: NO_TAGS };
    for (const stub of runs) {
      if (isRunning(stub)) counts.running++;
      else if (await isThere(this.#source, stub, await this.#copies.find(name, runOrigin(stub)))) counts.present++;
      else {
        const copyId = await copyRun(this.#pair, { stub, experimentName: name, tags });
        this.#log.write('info', `Copied run ${stub.name}.`, { from: stub.runId, run_id: copyId });
        counts.copied++;
      }
      this.#step();
    }
    return { ...counts, tags: await this.#tagExperiment(name, experimentTags) };
  }

  async #tagExperiment(name: string, tags: Record<string, string>): Promise<CopiedTags> {
    const { store } = this.#project;
    const target = Object.keys(tags).length > 0 ? await store.findExperiment(name) : null;
    if (target === null) return NO_TAGS;
    const plan = planTags(tags, target.tags);
    if (plan.set.length > 0) await store.tagExperiment(target.experimentId, someTags(tags, plan.set));
    return plan;
  }

  async #describeModel({ model, targetName }: SelectedModel): Promise<CopiedTags> {
    const { store } = this.#project;
    const target = await store.findModel(targetName);
    if (target === null) return NO_TAGS;
    const words = modelTags(model);
    const plan = planTags(words, modelTags(target));
    const { [DESCRIPTION]: description, ...tags } = someTags(words, plan.set);
    const remarks = { tags, ...(description === undefined ? {} : { description }) };
    if (plan.set.length > 0) await store.describeModel(targetName, remarks);
    return plan;
  }

  async #copyModel(selected: SelectedModel): Promise<CopiedModel> {
    const { store } = this.#project;
    const { targetName, model, isWhole } = selected;
    const byOrigin = await versionsByOrigin(store, targetName, this.#location);
    const versions: CopiedVersion[] = [];
    for (const version of selected.versions) {
      versions.push(await this.#copyVersion(version, byOrigin, targetName));
      this.#step();
    }
    const seen = await lookAt(store, targetName, byOrigin, versions, this.#location);
    const plan = isWhole ? planFollowing(selected, seen) : NOTHING_FOLLOWS;
    const events = await this.#copyEvents(selected, plan, seen);
    if (plan.commit !== null) await this.#finish(plan.commit);
    this.#remarks.push(...remarksOn(selected, plan, events.events_left));
    return {
      name: model.name,
      target_name: targetName,
      versions: withUpdates(versions, plan.updated),
      aliases: plan.aliases,
      ...events,
      tags: isWhole ? await this.#describeModel(selected) : NO_TAGS,
    };
  }

  /** History tells who holds the stages: it comes where they follow, and stays behind where somebody else decides. */
  async #copyEvents(
    { events, targetName }: SelectedModel,
    { differences }: Following,
    { numbers, left }: TargetModel,
  ): Promise<Pick<CopiedModel, 'events' | 'events_left'>> {
    const count = { events: 0, events_left: 0 };
    const { told, held } = differences.length > 0 ? { told: [], held: events } : splitHistory(events, left);
    for (const each of held) {
      count.events_left += (await countRuns(this.#source, this.#project.store, each, this.#copies)).copied;
    }
    for (const each of told) {
      const history = await this.#copyExperiment(each, (tags) => eventTags(tags, targetName, numbers));
      this.#histories.push(history);
      count.events += history.copied;
    }
    return count;
  }

  async #copyVersion(version: ModelVersion, byOrigin: VersionsByOrigin, name: string): Promise<CopiedVersion> {
    throwIfCancelled(this.#options.signal);
    const known = statusOf(version, byOrigin, this.#location);
    if (known.status !== 'copied') return known;
    try {
      return { ...known, ...(await this.#register(version, byOrigin, name)) };
    } catch (error) {
      const failed = failedVersion(version, error);
      this.#log.write('error', `Version ${version.version} of ${version.name} was not copied: ${failed.error}.`);
      return failed;
    }
  }

  async #register(version: ModelVersion, byOrigin: VersionsByOrigin, name: string): Promise<Partial<CopiedVersion>> {
    const place = await locateModel(this.#source, version);
    const carrier = await this.#carrier(version);
    if (carrier === null) return { status: 'skipped' };
    const to = { location: this.#location, name, place };
    const made = await registerCopy(this.#pair, version, carrier.run, carrier.copyId, to);
    byOrigin.set(versionOrigin(version, this.#location), made);
    this.#log.write('info', `Copied version ${version.version} of ${version.name} as version ${made.version}.`);
    return { to: made.version };
  }

  /** The copy of the version's run; a run of its own when that is gone; null while it goes on. */
  async #carrier(version: ModelVersion): Promise<{ run: Run | null; copyId: string } | null> {
    const { store, config, actor } = this.#project;
    const run = version.runId === null ? null : await findRun(this.#source, version.runId);
    const experiment = run === null ? null : await nameOf(this.#source, run.experimentId);
    if (run !== null && experiment !== null) {
      if (isRunning(run)) return null;
      return { run, copyId: await copyRun(this.#pair, { stub: run, experimentName: experiment }) };
    }
    const experimentName = config.mlflow.experiment_name;
    const origin = versionOrigin(version, this.#location);
    const known = await this.#copies.find(experimentName, origin);
    if (known !== undefined) return { run: null, copyId: known.runId };
    const { experimentId } = await store.ensureExperiment(experimentName);
    const made = await store.createRun({
      experimentId,
      name: `${version.name} version ${version.version}`,
      userId: version.userId || actor,
      startTime: version.createdAt,
      tags: { 'gnu_mlops.operation': 'copy', [COPIED_FROM_TAG]: origin },
    });
    return { run: null, copyId: made.runId };
  }

  /** The aliases move in one commit; the run that it ends tells who copied what from where. */
  async #finish(commit: NonNullable<Following['commit']>): Promise<void> {
    const { store, actor, clock } = this.#project;
    const { experimentId } = await store.ensureExperiment(copiesExperiment(this.#project));
    const now = clock().getTime();
    const record = await store.createRun({
      experimentId,
      name: `copy ${commit.modelName}`,
      userId: actor,
      startTime: now,
      params: { model_name: commit.modelName, from: this.#location },
      tags: { 'gnu_mlops.operation': 'copy', [RECORD_TAG]: 'true', [OWNER_TAG]: ownerTag() },
    });
    const outcome = await store.commitPromotion({ ...commit, eventRunId: record.runId, endTime: now });
    requireCommitted(outcome, commit.modelName);
  }

  get #pair(): RunCopy {
    const { signal } = this.#options;
    return {
      source: this.#source,
      target: this.#project.store,
      copies: this.#copies,
      files: this.#files,
      parents: this.#parents,
      signal,
    };
  }

  #step(): void {
    this.#done++;
    this.#options.onProgress?.({ phase: 'Copying', done: this.#done, total: this.#total });
  }
}

function stepsOf({ experiments, models }: Selection): number {
  const runs = (some: SelectedExperiment[]) => some.reduce((sum, each) => sum + each.runs.length, 0);
  return runs(experiments) + models.reduce((sum, { versions, events }) => sum + versions.length + runs(events), 0);
}

function statusAfter(experiments: CopiedExperiment[], models: CopiedModel[]): CopyResult['status'] {
  if (models.some(({ versions }) => versions.some(({ status }) => status === 'failed'))) return 'incomplete';
  return hasChanged(experiments, models) ? 'copied' : 'nothing-to-do';
}

function hasChanged(experiments: CopiedExperiment[], models: CopiedModel[]): boolean {
  return (
    experiments.some(({ copied, tags }) => copied > 0 || tags.set.length > 0) ||
    models.some(
      ({ versions, aliases, events, tags }) =>
        events > 0 ||
        tags.set.length > 0 ||
        versions.some(({ status }) => status === 'copied' || status === 'updated') ||
        aliases.some(({ status }) => status === 'set' || status === 'removed'),
    )
  );
}

/** Null when it was deleted. */
async function findRun(store: TrackingStore, runId: string): Promise<Run | null> {
  return store.getRun(runId).catch((error) => {
    if (EngineError.is(error, 'not-found')) return null;
    throw error;
  });
}

async function nameOf(store: TrackingStore, experimentId: string): Promise<string | null> {
  return (await store.listExperiments()).find((each) => each.experimentId === experimentId)?.name ?? null;
}
