import { digits, filled, flag, integer, list, map, object, oneOf, type Shape, text } from './shape.ts';

const pauseStatus = oneOf('PAUSED', 'UNPAUSED');
const mails = list(text);
const emailNotifications = object(
  {},
  {
    on_start: mails,
    on_success: mails,
    on_failure: mails,
    on_duration_warning_threshold_exceeded: mails,
    no_alert_for_skipped_runs: flag,
  },
);
const hooks = list(object({ id: filled }));
const webhookNotifications = object({}, { on_start: hooks, on_success: hooks, on_failure: hooks });

/** Seconds first, 6 or 7 fields, and a `?` for the day of the month or of the week. */
const quartz: Shape = { type: 'string', pattern: '^\\S+ \\S+ \\S+ (\\? \\S+ \\S+|\\S+ \\S+ \\?)( \\S+)?$' };
const schedule = object({ quartz_cron_expression: quartz, timezone_id: filled }, { pause_status: pauseStatus });

const library = object(
  {},
  {
    pypi: object({ package: filled }, { repo: text }),
    whl: text,
    jar: text,
    requirements: text,
    maven: object({ coordinates: filled }, { repo: text, exclusions: list(text) }),
  },
);

const cluster = object(
  { spark_version: filled },
  {
    node_type_id: text,
    driver_node_type_id: text,
    num_workers: integer,
    autoscale: object({ min_workers: integer, max_workers: integer }),
    data_security_mode: text,
    spark_conf: map(),
    spark_env_vars: map(),
    custom_tags: map(),
    policy_id: text,
    runtime_engine: oneOf('STANDARD', 'PHOTON'),
    instance_pool_id: text,
    is_single_node: flag,
    kind: text,
  },
);

/** `python_file` is a field of a task, not a kind of it. */
const task = object(
  { task_key: filled },
  {
    description: text,
    depends_on: list(object({ task_key: filled }, { outcome: text })),
    run_if: text,
    spark_python_task: object({ python_file: filled }, { parameters: list(text), source: oneOf('WORKSPACE', 'GIT') }),
    notebook_task: object({ notebook_path: filled }, { base_parameters: map(), source: text, warehouse_id: text }),
    python_wheel_task: object(
      { package_name: filled, entry_point: filled },
      { parameters: list(text), named_parameters: map() },
    ),
    new_cluster: cluster,
    existing_cluster_id: text,
    job_cluster_key: text,
    environment_key: text,
    libraries: list(library),
    max_retries: integer,
    min_retry_interval_millis: integer,
    retry_on_timeout: flag,
    timeout_seconds: integer,
    email_notifications: emailNotifications,
    webhook_notifications: webhookNotifications,
  },
);

const settingsFields: Record<string, Shape> = {
  name: text,
  description: text,
  tasks: list(task),
  job_clusters: list(object({ job_cluster_key: filled, new_cluster: cluster })),
  environments: list(
    object(
      { environment_key: filled },
      { spec: object({}, { client: text, environment_version: text, dependencies: list(text) }) },
    ),
  ),
  schedule,
  trigger: object({}, { pause_status: pauseStatus, periodic: object({ interval: integer, unit: text }) }),
  email_notifications: emailNotifications,
  webhook_notifications: webhookNotifications,
  notification_settings: object({}, { no_alert_for_skipped_runs: flag, no_alert_for_canceled_runs: flag }),
  parameters: list(object({ name: filled, default: text })),
  max_concurrent_runs: integer,
  queue: object({ enabled: flag }),
  run_as: object({}, { user_name: text, service_principal_name: text }),
  tags: map(),
  timeout_seconds: integer,
  edit_mode: oneOf('UI_LOCKED', 'EDITABLE'),
  performance_target: text,
  format: oneOf('SINGLE_TASK', 'MULTI_TASK'),
};

/** JobSettings of the Jobs API 2.2. */
export const jobSettings = object({}, settingsFields);
export const newJob = object({}, { ...settingsFields, access_control_list: list(map()) });
/** The id of a job or a run in a query. */
export const idText = digits;
