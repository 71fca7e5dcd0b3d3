import { withPlaces } from '../config/place-error.ts';
import { METRIC_NAMES, type MetricName, type Metrics } from '../evaluation/metrics.ts';
import { type Project, requireWritable } from '../project.ts';
import type { GateResult } from '../registry/gates.ts';
import { loadVersion } from '../registry/model-version.ts';
import type { Stage } from '../registry/stages.ts';
import { finiteOrNull } from '../support/json.ts';
import type { OperationControl } from '../support/progress.ts';
import { trainOn } from '../training/train.ts';
import { loadTrainingData, type TrainingData } from '../training/training-data.ts';
import { type Arena, findArena, holdContest } from './contest.ts';
import { recordDecision } from './decision-record.ts';
import { judgeDue } from './due.ts';
import { guardProduction, planGuard, quietUntil } from './guard.ts';
import { inspectProduction, type ProductionState } from './production-state.ts';
import type { Contest, Due, RetrainResult } from './results.ts';
import { planRollout, type Rollout, throughGates } from './rollout.ts';
import { findSoak, parseSoak, RETRAINING_NOTES, type Soak } from './soak.ts';
import { describeContest, overtakenText, planText } from './wording.ts';

export interface RetrainOptions extends OperationControl {
  /** Train though it is not due. */
  force?: boolean | undefined;
  /** Tell what would happen and why; change nothing. */
  dryRun?: boolean | undefined;
}

/**
 * Keeps production fresh: rolls it back when it is broken, ends a soak time, and when a retraining is due trains a challenger,
 * compares it with the champion on rows that neither was trained on, and takes a better one through the gates.
 * @throws EngineError `data-quality` (no rows to compare on), `lock-held`, and what training throws
 */
export function retrain(project: Project, options: RetrainOptions = {}): Promise<RetrainResult> {
  return withPlaces(project.loaded, () => retrainLocked(project, options));
}

/** One retraining of an experiment at a time. */
async function retrainLocked(project: Project, options: RetrainOptions): Promise<RetrainResult> {
  const soak = parseSoak(project.config.retraining.soak);
  if (!options.dryRun) requireWritable(project);
  if (!options.dryRun) await project.recover();
  if (options.dryRun) return new Retraining(project, options, soak).preview();
  const lease = project.leases().acquire(`retrain:${project.config.mlflow.experiment_name}`, project.clock());
  try {
    const result = await new Retraining(project, options, soak).run();
    if (result.status !== 'nothing-to-do') await recordDecision(project, result);
    return result;
  } finally {
    lease.release();
  }
}

class Retraining {
  readonly #project: Project;
  readonly #options: RetrainOptions;
  readonly #soak: number;
  #production!: ProductionState;
  readonly #warnings: string[] = [];
  /** A soak that ended because production changed hands; told once. */
  #overtaken: (Soak & { told: string }) | null = null;
  #due: Due = { reason: null, since: null, explanation: '' };

  constructor(project: Project, options: RetrainOptions, soak: number) {
    this.#project = project;
    this.#options = options;
    this.#soak = soak;
  }

  async run(): Promise<RetrainResult> {
    const stop = await this.#beforeTraining(true);
    if (stop) return stop;
    return this.#challenge();
  }

  async preview(): Promise<RetrainResult> {
    const stop = await this.#beforeTraining(false);
    if (stop) return stop.status === 'nothing-to-do' ? stop : { ...stop, status: 'dry-run' };
    const arena = await this.#arena(await this.#data());
    this.#warnings.push(...(arena?.warnings ?? []));
    const { state, version } = this.#production;
    const { retraining } = this.#project.config;
    const facts = { champion: version?.version ?? null, rows: arena?.rows.length ?? null };
    const plan = planText({ ...facts, retraining, soak: this.#soak, quiet: quietUntil(state, this.#project.clock()) });
    return this.#result('dry-run', `${this.#due.explanation} ${plan}`);
  }

  /** Everything that may end the work before a training; null when one is due. */
  async #beforeTraining(act: boolean): Promise<RetrainResult | null> {
    const { config } = this.#project;
    this.#production = await inspectProduction(this.#project);
    const guarded = await this.#guard(act);
    if (guarded) return guarded;
    if (!config.retraining.enabled && !this.#options.force) {
      return this.#result('nothing-to-do', 'Retraining is switched off (retraining.enabled).');
    }
    const soaked = await this.#endSoak(act);
    if (soaked) return soaked;
    const { version, drift, state } = this.#production;
    const facts = { force: this.#options.force ?? false, hasProduction: version !== null, drift, state };
    this.#due = await judgeDue(this.#project, facts);
    if (this.#due.reason === null) return this.#notDue();
    if (this.#overtaken) this.#warnings.push(this.#overtaken.told);
    return null;
  }

  /** Trouble that is left to a person is a warning, and the rest of the work goes on. */
  async #guard(act: boolean): Promise<RetrainResult | null> {
    if (!act) return this.#planGuard();
    const { rollback, explanation } = await guardProduction(this.#project, this.#production);
    if (rollback !== null) return this.#result('rolled-back', explanation);
    if (explanation !== '') this.#warnings.push(explanation);
    return null;
  }

  async #planGuard(): Promise<RetrainResult | null> {
    const { rollback, trouble, why } = await planGuard(this.#project, this.#production);
    if (rollback !== null) {
      return this.#result('dry-run', `${trouble}; it would be rolled back to version ${rollback.version}.`);
    }
    if (trouble !== null) this.#warnings.push(`${trouble}; ${why}.`);
    return null;
  }

  /** A version that a retraining staged goes on to production when its time is over, by the same gates. */
  async #endSoak(act: boolean): Promise<RetrainResult | null> {
    const { state } = this.#production;
    const soak = this.#options.force ? null : await findSoak(this.#project, state);
    if (soak === null) return null;
    const since = soak.since.toISOString();
    if (soak.isOvertaken) {
      this.#overtaken = { ...soak, told: overtakenText(soak) };
      return null;
    }
    const until = new Date(soak.since.getTime() + this.#soak);
    if (this.#project.clock() < until) {
      return this.#result('nothing-to-do', `Version ${soak.version} soaks in Staging until ${until.toISOString()}.`);
    }
    if (!this.#project.config.retraining.auto_deploy) return null;
    if (!act) return this.#planSoaked(soak);
    const challenger = await this.#registered(soak.version);
    return this.#intoProduction(soak.version, `${RETRAINING_NOTES}soaked since ${since}.`, { challenger });
  }

  async #planSoaked({ version }: Soak): Promise<RetrainResult> {
    const champion = this.#production.version?.version ?? null;
    const request = { stage: 'GNU_Production' as const, version, notes: '', champion };
    const { status, reason, gates } = await planRollout(this.#project, request);
    const end = status === 'done' ? 'would go into production' : `would stay in Staging. ${reason.replace(/\.$/, '')}`;
    return this.#result('dry-run', `Version ${version} has soaked and ${end}.`, { gates });
  }

  /** Nothing is due; a version that soaked in vain is told of, once. */
  async #notDue(): Promise<RetrainResult> {
    if (this.#overtaken === null) return this.#result('nothing-to-do', this.#due.explanation);
    const { version, told } = this.#overtaken;
    return this.#result('waiting', told, { challenger: await this.#registered(version) });
  }

  async #registered(version: string): Promise<Contender | null> {
    const found = this.#production.state.versions.find((known) => known.version === version);
    if (found?.runId == null) return null;
    const { metrics } = await this.#project.store.getRun(found.runId);
    return { version, run_id: found.runId, metrics: finiteMetrics(metrics) };
  }

  #data(): Promise<TrainingData> {
    this.#options.onProgress?.({ phase: 'Reading data', done: 0, total: 0 });
    return loadTrainingData(this.#project.config, this.#project, this.#options);
  }

  /** Null when there is no champion that could be measured. */
  async #arena(data: TrainingData): Promise<Arena | null> {
    const { version, model } = this.#production;
    if (version === null || model === null) return null;
    const { store, config } = this.#project;
    const run = version.runId === null ? null : await store.getRun(version.runId);
    return findArena(data, { model, run }, config.training);
  }

  /**
   * Trains and compares; the rows to compare on are looked for first, so that no training is in vain. The data is read once: what is
   * written into its place meanwhile has other rows under the same numbers, rows that the challenger has learned from.
   */
  async #challenge(): Promise<RetrainResult> {
    const { config, store } = this.#project;
    const { model } = this.#production;
    const data = await this.#data();
    const arena = await this.#arena(data);
    const { version, run_id, metrics } = await trainOn(this.#project, data, { ...this.#options, runName: undefined });
    this.#warnings.push(...(arena?.warnings ?? []));
    const parts: Parts = { challenger: { version, run_id, metrics: finiteMetrics(metrics) } };
    if (model === null || arena === null) return this.#promote(version, 'There is no champion that works.', parts);
    const opponent = await loadVersion(store, await store.getVersion(config.mlflow.model_name, version));
    const { metric } = config.retraining;
    const contest = holdContest(data, arena, model, opponent, metric as MetricName, config.training.random_seed);
    const told = describeContest(contest, config.retraining);
    const all = { ...parts, contest };
    if (!this.#isBetter(contest)) return this.#result('kept-production', `Production stays: ${told}`, all);
    return this.#promote(version, `The challenger is better: ${told}`, all);
  }

  #isBetter({ improvement, confidence }: Contest): boolean {
    const { improvement_threshold, bootstrap_confidence } = this.#project.config.retraining;
    return improvement >= improvement_threshold && confidence >= bootstrap_confidence;
  }

  async #promote(version: string, why: string, parts: Parts): Promise<RetrainResult> {
    const { config, clock } = this.#project;
    if (!config.retraining.auto_deploy) {
      return this.#result('waiting', `${why} A person deploys it (retraining.auto_deploy: false).`, parts);
    }
    const notes = `${RETRAINING_NOTES}${why}`;
    const staged = await this.#into('Staging', version, notes);
    if (staged.status !== 'done') return this.#stopped(staged, why, parts);
    if (this.#soak > 0) {
      const until = new Date(clock().getTime() + this.#soak).toISOString();
      return this.#result('staged', `${why} It soaks in Staging until ${until}.`, { ...parts, gates: staged.gates });
    }
    return this.#intoProduction(version, notes, parts);
  }

  async #intoProduction(version: string, notes: string, parts: Parts): Promise<RetrainResult> {
    const moved = await this.#into('GNU_Production', version, notes);
    const why = notes.slice(RETRAINING_NOTES.length);
    if (moved.status !== 'done') return this.#stopped(moved, why, parts);
    return this.#result('deployed', `${why} Version ${version} is in production.`, { ...parts, gates: moved.gates });
  }

  #into(stage: Stage, version: string, notes: string): Promise<Rollout> {
    const champion = this.#production.version?.version ?? null;
    return throughGates(this.#project, { stage, version, notes, champion });
  }

  #stopped({ status, reason, gates }: Rollout, why: string, parts: Parts): RetrainResult {
    return this.#result(status === 'refused' ? 'refused' : 'waiting', `${why} ${reason}`, { ...parts, gates });
  }

  #result(status: RetrainResult['status'], decision: string, parts: Parts = {}): RetrainResult {
    const { version, drift, state } = this.#production;
    const { challenger = null, contest = null, gates = [] } = parts;
    return {
      schema: 1,
      status,
      due: this.#due,
      champion: version && { version: version.version, metrics: contestMetric(contest, 'champion') },
      challenger,
      contest,
      decision: `${decision}${state.versions.length === 0 && status === 'nothing-to-do' ? ' There is no version yet.' : ''}`,
      gates,
      drift: drift.features.filter(({ drifted }) => drifted),
      warnings: this.#warnings,
    };
  }
}

type Contender = NonNullable<RetrainResult['challenger']>;

interface Parts {
  challenger?: Contender | null;
  contest?: Contest;
  gates?: GateResult[];
}

function contestMetric(contest: Contest | null, who: 'champion' | 'challenger'): Partial<Metrics> {
  return contest === null || contest[who] === null ? {} : { [contest.metric]: contest[who] };
}

function finiteMetrics(metrics: Readonly<Record<string, number>>): Partial<Metrics> {
  const entries = METRIC_NAMES.map((name) => [name, finiteOrNull(metrics[name] ?? Number.NaN)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as Partial<Metrics>;
}
