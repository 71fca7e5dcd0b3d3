import { EngineError } from '../support/errors.ts';
import { nearestName } from '../support/nearest-name.ts';
import type { Stage } from './stages.ts';

/** One gate's outcome, as `deploy --json` prints it. */
export interface GateResult {
  /** `metrics.accuracy`, `artifacts`, `digest`, `loads`, `signature`, `fallback-data`, `staging` */
  name: string;
  /** What was asked for: ">= 0.7". */
  required: string;
  /** What was found; text where there is no number ("missing", "NaN"). */
  actual: number | string;
  passed: boolean;
  /** Failed, and let through by --override. */
  overridden: boolean;
}

/** A number is the least value that passes. */
export type Threshold = number | { min?: number | undefined; max?: number | undefined };

/** What is known about a version, found out by whoever asks for the promotion. */
export interface GateEvidence {
  /** Holdout metrics of the version's run. */
  metrics: Record<string, number>;
  /** Whether the model folder is what its run recorded. */
  folder: 'intact' | 'missing' | 'altered' | 'unrecorded';
  /** Why the model does not load or does not score its input example; null when it does. */
  loadError: string | null;
  /** What callers of the version in production would notice, as phrases; undefined when there is none to compare with. */
  signatureChanges: string[] | undefined;
  /** The source that stood in for the real data (run tag `gnu_mlops.data_fallback`); null for real data. */
  fallbackSource: string | null;
  inStaging: boolean;
}

export interface GateOptions {
  stage: Stage;
  acceptSignatureChange?: boolean | undefined;
  /** Gates to let through though they fail; `accuracy` also names `metrics.accuracy`. */
  override?: string[] | undefined;
  notes?: string | undefined;
}

/** Models that never saw real data stay out of production, whatever anybody says. */
const NEVER_OVERRIDDEN = 'fallback-data';

/**
 * Judges a version for a stage (docs/deployment-guide.md). Pure: everything that must be looked up is in `evidence`.
 * @throws EngineError `usage` for an override without notes or of a gate that does not exist
 */
export function evaluateGates(
  evidence: GateEvidence,
  thresholds: Record<string, Threshold>,
  options: GateOptions,
): GateResult[] {
  const gates = [
    ...Object.entries(thresholds).map(([metric, threshold]) => metricGate(metric, threshold, evidence.metrics[metric])),
    ...integrityGates(evidence),
    signatureGate(evidence, options.acceptSignatureChange ?? false),
    ...(options.stage === 'GNU_Production' ? productionGates(evidence) : []),
  ];
  return withOverrides(gates, options);
}

/** The gates of a rollback: the version is whole and works. Its metrics were good enough once. */
export function integrityGates({ folder, loadError }: GateEvidence): GateResult[] {
  return [
    gate('artifacts', 'present', folder === 'missing' ? 'missing' : 'present'),
    digestGate(folder),
    gate('loads', 'scores its input example', loadError ?? 'scores its input example'),
  ];
}

/** Whether nothing stands in the way. */
export function gatesOpen(gates: GateResult[]): boolean {
  return gates.every((gate) => gate.passed || gate.overridden);
}

/** "accuracy is 0.65, required >= 0.7" for each gate that stands in the way. */
export function describeRefusal(gates: GateResult[]): string {
  const closed = gates.filter((gate) => !gate.passed && !gate.overridden);
  return closed.map(({ name, required, actual }) => `${name}: required ${required}, found ${actual}`).join('; ');
}

function productionGates(evidence: GateEvidence): GateResult[] {
  return [
    gate(
      NEVER_OVERRIDDEN,
      'real data',
      evidence.fallbackSource === null ? 'real data' : `fallback: ${evidence.fallbackSource}`,
    ),
    gate('staging', 'in Staging', evidence.inStaging ? 'in Staging' : 'not in Staging'),
  ];
}

function gate(name: string, required: string, actual: string, passed = actual === required): GateResult {
  return { name, required, actual, passed, overridden: false };
}

function metricGate(metric: string, threshold: Threshold, value: number | undefined): GateResult {
  const { min, max } = typeof threshold === 'number' ? { min: threshold } : { max: undefined, ...threshold };
  const required = [min === undefined ? [] : `>= ${min}`, max === undefined ? [] : `<= ${max}`].flat().join(' and ');
  const isNumber = value !== undefined && !Number.isNaN(value);
  return {
    name: `metrics.${metric}`,
    required: required || 'measured',
    actual: isNumber ? value : value === undefined ? 'missing' : 'NaN',
    passed: isNumber && value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY),
    overridden: false,
  };
}

/** A version of another tool has no recorded digest; there is nothing to compare. */
function digestGate(folder: GateEvidence['folder']): GateResult {
  const actual = { intact: 'unchanged', altered: 'altered', missing: 'missing', unrecorded: 'not recorded' }[folder];
  return gate('digest', 'unchanged', actual, folder === 'intact' || folder === 'unrecorded');
}

function signatureGate({ signatureChanges }: GateEvidence, accepted: boolean): GateResult {
  const required = 'as in production';
  if (signatureChanges === undefined) return gate('signature', required, 'nothing in production', true);
  if (signatureChanges.length === 0) return gate('signature', required, required);
  return gate(
    'signature',
    required,
    `changed${accepted ? ', accepted' : ''}: ${signatureChanges.join(', ')}`,
    accepted,
  );
}

function withOverrides(gates: GateResult[], { override = [], notes = '' }: GateOptions): GateResult[] {
  if (override.length > 0 && notes.trim() === '') {
    throw new EngineError('usage', 'An override needs notes that say why.', {
      fix: 'Add --notes "why this is right".',
    });
  }
  const names = override.map((name) => gateName(gates, name));
  return gates.map((result) => ({
    ...result,
    overridden: !result.passed && result.name !== NEVER_OVERRIDDEN && names.includes(result.name),
  }));
}

function gateName(gates: GateResult[], wanted: string): string {
  const names = gates.map((result) => result.name);
  const name = [wanted, `metrics.${wanted}`].find((candidate) => names.includes(candidate));
  if (name !== undefined) return name;
  const near = nearestName(wanted, names);
  throw new EngineError('usage', `There is no gate "${wanted}"${near ? ` (did you mean "${near}"?)` : ''}.`, {
    fix: `Gates here: ${names.join(', ')}.`,
  });
}
