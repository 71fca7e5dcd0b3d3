/** Keys of tags; `mlflow.note.content` is a description. */
export interface CopiedTags {
  /** That were set, or would be. */
  set: string[];
  /** With another value in the target, which stays. */
  kept: string[];
}

/** What happens to the runs of an experiment. */
export interface CopiedExperiment {
  name: string;
  /** Runs that were copied, or would be. */
  copied: number;
  /** Runs that were there already. */
  present: number;
  /** Runs that go on, and are copied when they have ended. */
  running: number;
  tags: CopiedTags;
}

export interface CopiedVersion {
  from: string;
  /** Its number where it was copied to; null while it is not there. */
  to: string | null;
  /** `updated`: it was there, and its stage or tags follow the source. */
  status: 'copied' | 'present' | 'updated' | 'skipped' | 'failed';
  /** Why it failed. */
  error?: string;
}

export interface CopiedAlias {
  alias: string;
  /** Number of the version in the target; null while that is not there, or when no version has the alias. */
  version: string | null;
  /**
   * `kept`: somebody else set or removed it in the target, where it stays so, or the source deleted the version in production;
   * `removed`: the source has it no more.
   */
  status: 'set' | 'present' | 'kept' | 'removed';
}

export interface CopiedModel {
  name: string;
  /** Its name where it was copied to. */
  target_name: string;
  /** Oldest first. */
  versions: CopiedVersion[];
  aliases: CopiedAlias[];
  /** Deployment events that were copied, or would be. */
  events: number;
  /** Events that stay behind: somebody else decided on deployments in the target, or they name versions that did not come along. */
  events_left: number;
  tags: CopiedTags;
}

/** What `copy --json` prints. */
export interface CopyResult {
  schema: 1;
  /** `incomplete`: some versions failed; the rest is there. */
  status: 'copied' | 'dry-run' | 'nothing-to-do' | 'incomplete';
  /** For people: files or hosts, without credentials. */
  from: string;
  to: string;
  experiments: CopiedExperiment[];
  models: CopiedModel[];
  warnings: string[];
  duration_ms: number;
}
