import { withPlaces } from '../config/place-error.ts';
import { deploy, planDeploy } from '../deployment/deploy.ts';
import { Findings } from '../deployment/findings.ts';
import type { MetricName, Metrics } from '../evaluation/metrics.ts';
import { type Project, requireWritable } from '../project.ts';
import type { GateResult } from '../registry/gates.ts';
import { loadVersion } from '../registry/model-version.ts';
import { finiteOrNull } from '../support/json.ts';
import type { OperationControl } from '../support/progress.ts';
import { type TrainResult, train } from '../training/train.ts';
import { loadTrainingData } from '../training/training-data.ts';
import { type Arena, findArena, holdContest } from './contest.ts';
import { recordDecision } from './decision-record.ts';
import { judgeDue } from './due.ts';
import { guardProduction, inspectProduction, isQuietTime, type ProductionState } from './guard.ts';
import type { Contest, Due, RetrainResult } from './results.ts';
import { parseSoak, RETRAINING_NOTES, soakingEvent } from './soak.ts';

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
    const arena = await this.#arena();
    const champion = this.#production.version?.version;
    const plan = champion
      ? `A challenger would be trained and compared with version ${champion} on ${arena!.rows.length} rows.`
      : 'A first model would be trained and taken through the gates.';
    return this.#result('dry-run', `${this.#due.explanation} ${plan}`, { warnings: arena?.warnings ?? [] });
  }

  /** Everything that may end the work before a training; null when one is due. */
  async #beforeTraining(act: boolean): Promise<RetrainResult | null> {
    const { config } = this.#project;
    if (!config.retraining.enabled && !this.#options.force) {
      this.#production = await inspectProduction(this.#project);
      return this.#result('nothing-to-do', 'Retraining is switched off (retraining.enabled).');
    }
    this.#production = await inspectProduction(this.#project);
    const guarded = await this.#guard(act);
    if (guarded) return guarded;
    const soaked = await this.#endSoak(act);
    if (soaked) return soaked;
    const { version, drift } = this.#production;
    const facts = { force: this.#options.force ?? false, hasProduction: version !== null, drift };
    this.#due = await judgeDue(this.#project, facts);
    return this.#due.reason === null ? this.#result('nothing-to-do', this.#due.explanation) : null;
  }

  async #guard(act: boolean): Promise<RetrainResult | null> {
    const { trouble } = this.#production;
    if (trouble === null) return null;
    if (!act) return this.#result('dry-run', `Production is in trouble: ${trouble.explanation}.`);
    const { rollback, explanation } = await guardProduction(this.#project, this.#production);
    return rollback === null ? null : this.#result('rolled-back', explanation);
  }

  /** A version that a retraining staged goes on to production when its time is over, by the same gates. */
  async #endSoak(act: boolean): Promise<RetrainResult | null> {
    const event = soakingEvent(this.#production.state);
    if (event === null || this.#options.force) return null;
    const until = new Date(event.at + this.#soak);
    if (this.#project.clock() < until) {
      return this.#result('nothing-to-do', `Version ${event.version} soaks in Staging until ${until.toISOString()}.`);
    }
    if (!this.#project.config.retraining.auto_deploy) return null;
    if (!act) return this.#result('dry-run', `Version ${event.version} has soaked and would go into production.`);
    return this.#intoProduction(
      event.version,
      `${RETRAINING_NOTES}soaked since ${new Date(event.at).toISOString()}`,
      {},
    );
  }

  async #arena(): Promise<Arena | null> {
    const { version } = this.#production;
    if (version === null) return null;
    const { store, config } = this.#project;
    const championRun = version.runId === null ? null : await store.getRun(version.runId);
    return findArena(await loadTrainingData(config, this.#project, this.#options), championRun, config.training);
  }

  /** Trains and compares; the rows to compare on are looked for first, so that no training is in vain. */
  async #challenge(): Promise<RetrainResult> {
    const { config, store } = this.#project;
    const { version, model } = this.#production;
    const arena = await this.#arena();
    const trained = await train(this.#project, { ...this.#options, runName: undefined });
    const parts: Parts = { challenger: trained, warnings: arena?.warnings ?? [] };
    if (version === null || model === null || arena === null) {
      return this.#promote(trained, 'There is no champion that works.', parts);
    }
    const challenger = await store.getVersion(config.mlflow.model_name, trained.version);
    const { metric } = config.retraining;
    const data = await loadTrainingData(config, this.#project, this.#options);
    const opponent = await loadVersion(store, challenger);
    const contest = holdContest(data, arena, model, opponent, metric as MetricName, config.training.random_seed);
    const isBetter = this.#isBetter(contest);
    const told = describeContest(contest, config.retraining);
    if (!isBetter) return this.#result('kept-production', `Production stays: ${told}`, { ...parts, contest });
    return this.#promote(trained, `The challenger is better: ${told}`, { ...parts, contest });
  }

  #isBetter({ improvement, confidence }: Contest): boolean {
    const { improvement_threshold, bootstrap_confidence } = this.#project.config.retraining;
    return improvement >= improvement_threshold && confidence >= bootstrap_confidence;
  }

  async #promote(trained: TrainResult, why: string, parts: Parts): Promise<RetrainResult> {
    const { config, clock } = this.#project;
    if (!config.retraining.auto_deploy) {
      return this.#result('waiting', `${why} A person deploys it (retraining.auto_deploy: false).`, parts);
    }
    if (isQuietTime(this.#production.state, clock())) {
      return this.#result('waiting', `${why} Nothing is deployed within 24 hours after an automatic roll back.`, parts);
    }
    const notes = `${RETRAINING_NOTES}${why}`;
    const staged = await this.#throughGates('Staging', trained.version, notes);
    if (!staged.open) return this.#result('refused', `${why} ${staged.refusal}`, { ...parts, gates: staged.gates });
    if (this.#soak > 0) {
      const until = new Date(clock().getTime() + this.#soak).toISOString();
      return this.#result('staged', `${why} It soaks in Staging until ${until}.`, { ...parts, gates: staged.gates });
    }
    return this.#intoProduction(trained.version, notes, parts);
  }

  async #intoProduction(version: string, notes: string, parts: Parts): Promise<RetrainResult> {
    const { open, gates, refusal } = await this.#throughGates('GNU_Production', version, notes);
    const why = notes.slice(RETRAINING_NOTES.length);
    if (!open) return this.#result('refused', `${why} ${refusal}`, { ...parts, gates });
    return this.#result('deployed', `${why} Version ${version} is in production.`, { ...parts, gates });
  }

  async #throughGates(stage: 'Staging' | 'GNU_Production', version: string, notes: string) {
    const request = { stage, version, notes, findings: new Findings() };
    const plan = await planDeploy(this.#project, request);
    const refused = plan.gates.filter(({ passed }) => !passed).map(({ name, actual }) => `${name} (${actual})`);
    const refusal = `${stage} refuses it: ${refused.join(', ')}.`;
    if (plan.status === 'refused') return { open: false, gates: plan.gates, refusal };
    await deploy(this.#project, { ...request, expected: plan });
    return { open: true, gates: plan.gates, refusal };
  }

  #result(status: RetrainResult['status'], decision: string, parts: Parts = {}): RetrainResult {
    const { version, drift, state } = this.#production;
    const { challenger, contest = null, gates = [], warnings = [] } = parts;
    return {
      schema: 1,
      status,
      due: this.#due,
      champion: version && { version: version.version, metrics: contestMetric(contest, 'champion') },
      challenger: challenger
        ? { version: challenger.version, run_id: challenger.run_id, metrics: finiteMetrics(challenger.metrics) }
        : null,
      contest,
      decision: `${decision}${state.versions.length === 0 && status === 'nothing-to-do' ? ' There is no version yet.' : ''}`,
      gates,
      drift: drift.features.filter(({ drifted }) => drifted),
      warnings,
    };
  }
}

interface Parts {
  challenger?: TrainResult;
  contest?: Contest;
  gates?: GateResult[];
  warnings?: string[];
}

function describeContest(contest: Contest, settings: Project['config']['retraining']): string {
  const { metric, champion, challenger, improvement, confidence, rows } = contest;
  const shown = (value: number | null) => value?.toFixed(4) ?? 'not a number';
  const difference = `${improvement >= 0 ? '+' : ''}${improvement.toFixed(4)}`;
  return (
    `${metric} ${shown(challenger)} against ${shown(champion)} on ${rows} rows, ${difference} ` +
    `(asked for: ${settings.improvement_threshold}), sure to ${(confidence * 100).toFixed(1)} % ` +
    `(asked for: ${settings.bootstrap_confidence * 100} %).`
  );
}

function contestMetric(contest: Contest | null, who: 'champion' | 'challenger'): Partial<Metrics> {
  return contest === null || contest[who] === null ? {} : { [contest.metric]: contest[who] };
}

function finiteMetrics(metrics: Metrics): Partial<Metrics> {
  const entries = Object.entries(metrics).filter(([, value]) => finiteOrNull(value) !== null);
  return Object.fromEntries(entries) as Partial<Metrics>;
}
