import type { Config } from '../config/config.ts';
import { type Job, type JobSettings, listJobs, MANAGED_BY } from '../databricks/jobs.ts';
import type { WorkspaceClient } from '../databricks/workspace-client.ts';
import { failureRecipients } from '../notification/recipients.ts';
import type { Schedule } from '../scheduling/schedule.ts';
import { databricksSchedule } from '../scheduling/targets/databricks.ts';
import { JOB_SCRIPT, NODE_PACKAGE } from './job-script.ts';
import { isInWorkspace } from './volume.ts';

/** Where the pieces of a project lie in the workspace. */
export interface ProjectPlaces {
  /** Workspace folder with config.yaml and the script: `/Workspace/Shared/gnu_mlops`. */
  project: string;
  /** Folder of a Volume, or of DBFS, with the program. */
  program: string;
  /** Folder of a Volume that relative paths of config.yaml become paths of. */
  volume: string;
}

/** Where jobs keep what their next run has to know, in the Volume. */
const MEMORY = 'gnu_mlops_jobs';

/** Runs longer than this are stopped, seconds. */
const TIMEOUT = 6 * 3600;

/** Settings of the job that runs a schedule's operation, in the terms of the Jobs API 2.2. */
export function jobSettings(config: Config, schedule: Schedule, places: ProjectPlaces): JobSettings {
  const { compute } = config.deployment;
  const mails = failureRecipients(config, schedule.operation);
  return {
    name: jobName(config, schedule.id),
    tags: { [MANAGED_BY.key]: MANAGED_BY.value, operation: schedule.operation },
    schedule: databricksSchedule(schedule),
    // The same as our lock: a firing never overlaps the one before.
    max_concurrent_runs: 1,
    queue: { enabled: false },
    timeout_seconds: TIMEOUT,
    ...(mails.length === 0 ? {} : { email_notifications: { on_failure: mails } }),
    ...(isServerless(config) ? { environments: [environment] } : {}),
    tasks: [
      {
        task_key: schedule.operation,
        spark_python_task: {
          python_file: `${places.project}/${JOB_SCRIPT}`,
          parameters: [
            ...[places.program, places.project, `${places.volume}/${MEMORY}`, schedule.id],
            ...[schedule.operation, ...jobOverrides(config, places)],
          ],
        },
        ...(isServerless(config)
          ? { environment_key: environment.environment_key }
          : {
              new_cluster: cluster(compute),
              libraries: [{ pypi: { package: NODE_PACKAGE } }],
            }),
      },
    ],
  };
}

/** Of a schedule's job; the model is part of it, because several projects may share a workspace. */
export function jobName(config: Config, id: string): string {
  return jobPrefix(config) + id;
}

function jobPrefix({ mlflow }: Config): string {
  return `gnu-mlops: ${mlflow.model_name}: `;
}

/** A job of the project whose schedule config.yaml has no more: it goes on until somebody removes it. */
export interface StrayJob extends Job {
  /** The schedule's. */
  scheduleId: string;
}

export async function strayJobs(client: WorkspaceClient, config: Config): Promise<StrayJob[]> {
  const prefix = jobPrefix(config);
  const jobs = await listJobs(client, prefix);
  const strays = jobs.map((job) => ({ ...job, scheduleId: job.settings.name.slice(prefix.length) }));
  const known = new Set(config.schedules.map(({ id }) => id));
  // A colon: another project's, whose model is called as ours begins.
  return strays.filter(({ scheduleId }) => !known.has(scheduleId) && !scheduleId.includes(':'));
}

function isServerless({ deployment }: Config): boolean {
  return deployment.compute.instance_type === 'serverless';
}

const environment = {
  environment_key: 'default',
  spec: { environment_version: '4', dependencies: [NODE_PACKAGE] },
};

/** One machine unless workers are asked for: gnu-mlops itself uses one. */
function cluster({ workers, instance_type }: Config['deployment']['compute']): object {
  const base = {
    spark_version: '16.4.x-scala2.12',
    node_type_id: instance_type,
    num_workers: workers,
    data_security_mode: 'SINGLE_USER',
  };
  if (workers > 0) return base;
  const spark_conf = { 'spark.databricks.cluster.profile': 'singleNode', 'spark.master': 'local[*]' };
  return { ...base, spark_conf, custom_tags: { ResourceClass: 'SingleNode' } };
}

/** Folders of this machine become folders of the Volume; env_file and webhooks, whose addresses are secrets, become none. */
export function jobOverrides(config: Config, { volume }: Pick<ProjectPlaces, 'volume'>): string[] {
  const { batch_inference: batch, data } = config;
  const paths: [string, string][] = [
    ['batch_inference.input_path', batch.input_path],
    ['batch_inference.output_path', batch.output_path],
    ['batch_inference.archive_path', batch.archive_path],
    ...(data.source === 'local' ? [['data.path', data.path] as [string, string]] : []),
  ];
  const moved = paths.filter(([, value]) => !isInWorkspace(value));
  const flags = moved.flatMap(([key, value]) => ['--set', `${key}=${inVolume(value, volume)}`]);
  // They are variables, which a job does not have; without its variable a webhook is a mistake in config.yaml.
  if (config.notifications.webhooks.length > 0) flags.push('--set', 'notifications.webhooks=[]');
  // That file stays on this machine, and one that is missing stops every command.
  return config.env_file === null ? flags : [...flags, '--set', 'env_file=null'];
}

/** A relative path below the Volume's folder; one of another root by its last part. */
export function inVolume(value: string, volume: string): string {
  const plain = value
    .replaceAll('\\', '/')
    .replace(/^([A-Za-z]:)?\/(.*\/)?/, '')
    .replace(/^(\.\.?\/)+/, '');
  return `${volume}/${plain}`;
}
