import type { Config } from '../config/config.ts';
import type { Contest } from './results.ts';
import type { Soak } from './soak.ts';

type Settings = Config['retraining'];

/** How both did, and what was asked for. */
export function describeContest(contest: Contest, settings: Settings): string {
  const { metric, champion, challenger, improvement, confidence, rows } = contest;
  const shown = (value: number | null) => value?.toFixed(4) ?? 'not a number';
  const difference = `${improvement >= 0 ? '+' : ''}${improvement.toFixed(4)}`;
  return (
    `${metric} ${shown(challenger)} against ${shown(champion)} on ${rows} rows, ${difference} ` +
    `(asked for: ${settings.improvement_threshold}), sure to ${(confidence * 100).toFixed(1)} % ` +
    `(asked for: ${settings.bootstrap_confidence * 100} %).`
  );
}

/** Of a version whose soak ended because production changed hands. */
export function overtakenText({ version, since }: Soak): string {
  const why = `production has changed hands since ${since.toISOString()}, when it was staged`;
  return `Version ${version} soaks no more: ${why}. A person deploys it: gnu-mlops deploy --stage production`;
}

/** What is known before anything is trained. */
export interface PlanFacts {
  retraining: Settings;
  /** Version in production; null when nothing is. */
  champion: string | null;
  /** Rows to compare on; null when there is no champion that works. */
  rows: number | null;
  /** ms */
  soak: number;
  /** Until when nothing is deployed without a person; null when it may be. */
  quiet: Date | null;
}

/** What a retraining would do, and how far its model could come. */
export function planText(facts: PlanFacts): string {
  const { champion, rows } = facts;
  if (champion === null) return `A first model would be trained. It ${wayText(facts)}`;
  if (rows === null) {
    return `A challenger would be trained; version ${champion} does not work and is no match. It ${wayText(facts)}`;
  }
  const compared = `compared with version ${champion} on ${rows} rows`;
  return `A challenger would be trained and ${compared}. A better one ${wayText(facts)}`;
}

function wayText({ retraining, soak, quiet }: PlanFacts): string {
  if (!retraining.auto_deploy) return 'would wait for a person (retraining.auto_deploy: false).';
  if (quiet !== null) {
    return `would wait for a person: nothing is deployed until ${quiet.toISOString()}, for 24 hours after an automatic roll back.`;
  }
  if (soak > 0)
    return `would go into Staging, soak there for ${retraining.soak}, then into production, through the gates.`;
  return 'would go into Staging and production, through the gates.';
}
