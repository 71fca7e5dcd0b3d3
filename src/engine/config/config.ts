/** A metric's gate: the least value, or bounds on either side. */
export type GateThreshold = number | { min?: number; max?: number };

/** What config.yaml says once every layer is merged and defaults are filled. Meanings: schemas/config.schema.json. */
export interface Config {
  env_file: string | null;
  databricks: {
    host: string | null;
    token: string | null;
    profile: string | null;
    workspace_path: string;
    volume: string | null;
    warehouse_id: string | null;
  };
  mlflow: { tracking_uri: string; registry_uri: string | null; experiment_name: string; model_name: string };
  model: { algorithm: string; hyperparameters: Record<string, number | string | boolean | null> };
  training: {
    test_size: number;
    validation_size: number;
    split: 'hash' | 'stratified' | 'time';
    time_column: string | null;
    cv_folds: number;
    random_seed: number;
    n_jobs: number;
    scaler: 'standard' | 'none';
    class_weight: 'balanced' | null;
    weights_column: string | null;
  };
  data: {
    source: 'local' | 's3' | 'databricks' | 'synthetic';
    path: string;
    table: string | null;
    s3: { endpoint: string | null; region: string | null; path_style: boolean };
    delimiter: string | null;
    encoding: string | null;
    decimal: '.' | ',' | null;
    feature_columns: string[];
    target_column: string;
    positive_class: string | number | boolean | null;
    fallback: 'none' | 'local' | 'synthetic';
  };
  deployment: {
    gates: { staging: Record<string, GateThreshold>; production: Record<string, GateThreshold> };
    endpoint: { name: string; port: number };
    compute: { workers: number; instance_type: string };
  };
  monitoring: {
    drift_detection: boolean;
    prediction_logging: boolean;
    psi_threshold: number;
    ks_alpha: number;
    window: number;
    alert_emails: string[];
  };
  retraining: {
    enabled: boolean;
    interval_days: number;
    auto_deploy: boolean;
    metric: string;
    improvement_threshold: number;
    bootstrap_confidence: number;
    triggers: ('age' | 'drift' | 'volume')[];
    soak: string;
    rollback_on: ('load_failure' | 'refused_share' | 'constant_output')[];
    notification_email: string | null;
  };
  batch_inference: {
    input_path: string;
    output_path: string;
    archive_path: string;
    model_stage: 'GNU_Production' | 'Staging';
    batch_size: number;
    parallel_files: number;
    settle_seconds: number;
    max_refused_share: number;
    escape_formulas: boolean;
    limits: { max_line_bytes: number; max_expansion: number };
    archive_processed: boolean;
    notification_email: string | null;
  };
  schedules: {
    id: string;
    operation: 'batch' | 'retrain' | 'train';
    cron: string;
    timezone: string;
    enabled: boolean;
    jitter_seconds: number;
    catch_up: boolean;
  }[];
  notifications: {
    smtp: {
      host: string | null;
      port: number;
      secure: boolean;
      user: string | null;
      password: string | null;
      from: string | null;
    };
    webhooks: string[];
    digest: 'none' | 'daily' | 'weekly';
  };
  logs: { retention_days: number };
}

/** Keys from the root to a value: `['training', 'test_size']`. */
export type ConfigPath = (string | number)[];

/** A path as people write it: `training.test_size`, `schedules[0].cron`. */
export function formatPath(path: ConfigPath): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');
}
