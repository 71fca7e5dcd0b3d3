interface TemplateFacts {
  dataPath: string;
  targetColumn: string;
  experimentName: string;
}

/** config.yaml of a new project: what people change first, with a word on each; everything else keeps its default. */
export function configTemplate({ dataPath, targetColumn, experimentName }: TemplateFacts): string {
  return `# Every key has a default, so this is only what people change first. VS Code explains a key when you hover over it and
# completes the others; "gnu-mlops validate" says what is wrong.
mlflow:
  tracking_uri: sqlite:///mlflow.db # an MLflow store in a file beside this one
  experiment_name: ${text(experimentName)}
  model_name: gnu_mlops_model

model:
  algorithm: random_forest # or gradient_boosting, xgboost, lightgbm, ml_random_forest
  hyperparameters: { n_estimators: 100, max_depth: 10, random_state: 42 }

training:
  test_size: 0.2 # share of the rows that the model is measured on
  cv_folds: 5
  random_seed: 42

data:
  path: ${text(dataPath)} # a file, a folder or a pattern
  target_column: ${text(targetColumn)}

deployment:
  gates: # a number is the least value that passes
    staging: { accuracy: 0.70 }
    production: { accuracy: 0.80 }

retraining:
  auto_deploy: false # true lets a better model go into production without a person
`;
}

/** config.local.yaml: the same shape, for work on this machine alone. */
export function localConfigTemplate(facts: TemplateFacts): string {
  return configTemplate({ ...facts, experimentName: `${facts.experimentName}_local` })
    .replace(
      '# Every key has',
      '# For trying things out on this machine: use it with --config config.local.yaml.\n# Every key has',
    )
    .replace('sqlite:///mlflow.db', 'sqlite:///mlflow.local.db');
}

/** What a project makes while it runs, and what must never be committed. */
export const GITIGNORE_LINES = [
  '.gnu-mlops/',
  'mlflow.db',
  'mlflow.db-*',
  'mlflow.local.db',
  'mlflow.local.db-*',
  'mlruns/',
  'mlartifacts/',
  'logs/',
  'predictions/',
  'data/prediction_log/',
  '.env',
];

/** JSON's strings are YAML's, whatever characters a name holds; plain where that is plainly safe. */
function text(value: string): string {
  return /^[A-Za-z_][\w./-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
