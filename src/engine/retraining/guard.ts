import { Findings } from '../deployment/findings.ts';
import type { DeployResult } from '../deployment/results.ts';
import { planRollback, rollback } from '../deployment/rollback.ts';
import type { Project } from '../project.ts';
import type { DeploymentEvent } from '../registry/events.ts';
import type { RegistryState } from '../registry/state.ts';
import { EngineError } from '../support/errors.ts';
import { entryOf, type ProductionState, type Trouble } from './production-state.ts';
import { forgetTrouble, tellOfTrouble } from './trouble-alert.ts';

/** How the notes of a roll back begin that no person asked for. */
const AUTOMATIC = 'Automatic roll back: ';
const QUIET_MS = 24 * 3_600_000;

function isAutomatic({ kind, status, notes }: DeploymentEvent): boolean {
  return kind === 'rollback' && status === 'FINISHED' && notes.startsWith(AUTOMATIC);
}

/** Until when nothing is deployed without a person, because of a roll back that none asked for; null when that is over. */
export function quietUntil(state: RegistryState, now: Date): Date | null {
  const last = state.events.find(isAutomatic);
  return last !== undefined && now.getTime() - last.at < QUIET_MS ? new Date(last.at + QUIET_MS) : null;
}

/** What trouble in production calls for. */
export interface GuardPlan {
  /** The roll back to make; null when there is no trouble, or it is left to a person. */
  rollback: DeployResult | null;
  /** What is wrong, for people; null when nothing is. */
  trouble: string | null;
  /** Why it is left to a person, as half a sentence; empty when it is not. */
  why: string;
}

/**
 * Whether production is to be rolled back: when its trouble is one of `retraining.rollback_on`, once per version, and only to a
 * version that works. Drift of the inputs alone never is a reason.
 */
export async function planGuard(
  project: Project,
  { trouble, version, state }: ProductionState,
  findings = new Findings(),
): Promise<GuardPlan> {
  if (trouble === null || version === null) return { rollback: null, trouble: null, why: '' };
  const told = `Version ${version.version} in production: ${trouble.explanation}`;
  const why = leftToPeople(project, trouble, version.version, state);
  if (why !== null) return { rollback: null, trouble: told, why };
  try {
    const plan = await planRollback(project, { findings });
    // Somebody moved production since it was looked at: what stands there now is not what is in trouble.
    if (plan.holders.GNU_Production !== version.version) return { rollback: null, trouble: null, why: '' };
    if (plan.status !== 'refused') return { rollback: plan, trouble: told, why: '' };
    const failed = plan.gates.filter(({ passed }) => !passed).map(({ name, actual }) => `${name} (${actual})`);
    const refusal = `version ${plan.version} cannot take its place: ${failed.join(', ')}`;
    return { rollback: null, trouble: told, why: refusal };
  } catch (error) {
    if (!EngineError.is(error, 'no-previous')) throw error;
    const none = error.message.replace(/\.$/, '');
    return { rollback: null, trouble: told, why: `there is no version to go back to: ${none}` };
  }
}

function leftToPeople({ config }: Project, { kind }: Trouble, version: string, state: RegistryState): string | null {
  const { enabled, rollback_on } = config.retraining;
  if (!enabled) return 'retraining.enabled is false, so a person decides';
  if (!rollback_on.includes(kind)) return `retraining.rollback_on does not name ${kind}, so a person decides`;
  const entry = entryOf(state, version);
  if (kind !== 'load_failure' && entry !== null && isAutomatic(entry)) {
    return 'it came back by a roll back itself, so the rows may be to blame and a person decides';
  }
  const isSecondTime = state.events.some((event) => isAutomatic(event) && event.previous === version);
  return isSecondTime ? 'it was rolled back once already, so a person decides' : null;
}

/** What became of trouble in production. */
export interface GuardOutcome {
  /** The roll back that was made; null when there was none. */
  rollback: DeployResult | null;
  /** For people; empty when there was no trouble. */
  explanation: string;
}

/**
 * Does what {@link planGuard} says. Of trouble that is left to a person people are told: once, not every night. Who moves production at
 * the same moment sees to it.
 */
export async function guardProduction(project: Project, production: ProductionState): Promise<GuardOutcome> {
  const findings = new Findings();
  const plan = await planGuard(project, production, findings);
  if (plan.trouble === null) {
    forgetTrouble(project);
    return { rollback: null, explanation: '' };
  }
  if (plan.rollback === null) {
    const explanation = `${plan.trouble}; ${plan.why}.`;
    await tellOfTrouble(project, production, explanation);
    return { rollback: null, explanation };
  }
  const notes = `${AUTOMATIC}${production.trouble!.explanation}`;
  try {
    const result = await rollback(project, { notes, expected: plan.rollback, findings });
    forgetTrouble(project);
    return { rollback: result, explanation: `${plan.trouble}; version ${result.version} is back.` };
  } catch (error) {
    if (!EngineError.is(error, 'conflict')) throw error;
    return { rollback: null, explanation: `${plan.trouble}; somebody else was faster and moved production.` };
  }
}
