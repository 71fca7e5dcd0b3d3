import { deploy, planDeploy } from '../deployment/deploy.ts';
import { Findings } from '../deployment/findings.ts';
import { eventsExperiment, type Project } from '../project.ts';
import type { GateResult } from '../registry/gates.ts';
import type { Stage } from '../registry/stages.ts';
import { loadRegistryState } from '../registry/state.ts';
import { isQuietTime } from './guard.ts';

/** A challenger on its way into a stage. */
export interface RolloutRequest {
  stage: Stage;
  version: string;
  /** For history. */
  notes: string;
  /** The version in production that it was compared with; null when there was none. */
  champion: string | null;
}

/** What became of it; `held`: no gate refuses it, and yet a person must decide. */
export interface Rollout {
  status: 'done' | 'refused' | 'held';
  gates: GateResult[];
  /** Why it did not get in, as a sentence; empty when it did. */
  reason: string;
}

/** How a hold tells of the hours after an automatic roll back. */
export const QUIET_TIME = 'Nothing is deployed within 24 hours after an automatic roll back.';

/**
 * Moves a challenger into a stage when its gates are open and production is still what it was compared with. Training takes its time:
 * somebody, or a batch that found production broken, may have rolled it back meanwhile, so the registry of this moment counts.
 * @throws EngineError `conflict` when a stage changes hands between this look and the commit
 */
export async function throughGates(project: Project, request: RolloutRequest): Promise<Rollout> {
  const { stage, version, notes, champion } = request;
  const promotion = { stage, version, notes, findings: new Findings() };
  const plan = await planDeploy(project, promotion);
  const { store, config, clock } = project;
  const state =
    promotion.findings.state ?? (await loadRegistryState(store, eventsExperiment(config), config.mlflow.model_name));
  if (isQuietTime(state, clock())) return { status: 'held', gates: plan.gates, reason: QUIET_TIME };
  const holder = plan.holders.GNU_Production;
  if (holder !== champion && holder !== version) {
    return { status: 'held', gates: plan.gates, reason: changedHands(holder, champion) };
  }
  if (plan.status === 'refused') return { status: 'refused', gates: plan.gates, reason: refusal(stage, plan.gates) };
  await deploy(project, { ...promotion, expected: plan });
  return { status: 'done', gates: plan.gates, reason: '' };
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
