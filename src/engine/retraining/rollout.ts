import { deploy, planDeploy } from '../deployment/deploy.ts';
import { Findings } from '../deployment/findings.ts';
import type { ShownPlan } from '../deployment/results.ts';
import { eventsExperiment, type Project } from '../project.ts';
import type { GateResult } from '../registry/gates.ts';
import type { Stage } from '../registry/stages.ts';
import { loadRegistryState } from '../registry/state.ts';
import { quietUntil } from './guard.ts';

/** A challenger on its way into a stage. */
export interface RolloutRequest {
  stage: Stage;
  version: string;
  /** For history. */
  notes: string;
  /** The version in production that it was compared with; null when there was none. */
  champion: string | null;
}

/** What became of it, or would; `held`: no gate refuses it, and yet a person must decide. */
export interface Rollout {
  status: 'done' | 'refused' | 'held';
  gates: GateResult[];
  /** Why it did not get in, as a sentence; empty when it did. */
  reason: string;
}

/**
 * Moves a challenger into a stage when its gates are open and production is still what it was compared with.
 * @throws EngineError `conflict` when a stage changes hands between this look and the commit
 */
export async function throughGates(project: Project, request: RolloutRequest): Promise<Rollout> {
  const findings = new Findings();
  const { expected, ...rollout } = await planRollout(project, request, findings);
  const { stage, version, notes } = request;
  if (rollout.status === 'done') await deploy(project, { stage, version, notes, findings, expected });
  return rollout;
}

/**
 * What {@link throughGates} would do. Training takes its time: somebody, or a batch that found production broken, may have rolled it
 * back meanwhile, so the registry of this moment counts.
 */
export async function planRollout(
  project: Project,
  { stage, version, champion }: RolloutRequest,
  findings = new Findings(),
): Promise<Rollout & { expected: ShownPlan }> {
  const plan = await planDeploy(project, { stage, version, findings });
  const { store, config, clock } = project;
  const state = findings.state ?? (await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name));
  const answer = (status: Rollout['status'], reason: string) => ({ status, gates: plan.gates, reason, expected: plan });
  if (quietUntil(state, clock()) !== null) {
    return answer('held', 'Nothing is deployed within 24 hours after an automatic roll back.');
  }
  const holder = plan.holders.GNU_Production;
  if (holder !== champion && holder !== version) return answer('held', changedHands(holder, champion));
  return plan.status === 'refused' ? answer('refused', refusal(stage, plan.gates)) : answer('done', '');
}

function changedHands(holder: string | null, champion: string | null): string {
  const name = (version: string | null) => (version === null ? 'nothing' : `version ${version}`);
  const now = `${name(holder)} is in production now, and not ${name(champion)}, as when the retraining began`;
  return `Nothing is deployed: ${now}. A person decides.`;
}

function refusal(stage: Stage, gates: GateResult[]): string {
  const refused = gates.filter(({ passed }) => !passed).map(({ name, actual }) => `${name} (${actual})`);
  return `${stage} refuses it: ${refused.join(', ')}.`;
}
