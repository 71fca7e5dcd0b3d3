import { INSTALL_PACKAGE } from '../scheduling/targets/package-guard.ts';
import { shellText, yamlText } from './github-workflow.ts';
import type { PipelineFacts } from './pipeline-facts.ts';

/** The GitLab pipeline of a project: the same steps as on GitHub. Secrets are the project's CI/CD variables, masked. */
export function gitlabPipeline(facts: PipelineFacts): string {
  const { folder, config, secrets } = facts;
  const file = shellText(config);
  const notes = '"CI pipeline $CI_PIPELINE_ID of commit $CI_COMMIT_SHA"';
  return `# Written by "gnu-mlops ci --provider gitlab". Change it as you like: only --force writes it again. What it does: docs/ci.md.
# What is installed: the CI/CD variable GNU_MLOPS_PACKAGE, a path, a tarball or a git address of gnu-mlops, which is not published on npm.
# CI/CD variables that it takes when they are set: ${secrets.join(', ')}.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == "main"
    - if: $CI_COMMIT_BRANCH == "develop"

stages: [model, production]

variables:
  DEPLOY_TO_PRODUCTION:
    value: "false"
    options: ["false", "true"]
    description: Deploy to GNU_Production what this pipeline brings to Staging
  # Secrets come from GitLab here, not from a file.
  GNU_MLOPS__ENV_FILE: "null"
  npm_config_cache: $CI_PROJECT_DIR/.npm

default:
  image: node:24-bookworm
  before_script:
    - |
      cd ${shellText(folder)}
    # A merge request works in a store of its own: it registers nothing where production lives. By the shell, because CI/CD variables of the
    # project are stronger than those of this file.
    - |
      if [ "$CI_PIPELINE_SOURCE" = merge_request_event ]; then
        export MLFLOW_TRACKING_URI=sqlite:///merge-request.db GNU_MLOPS__MLFLOW__REGISTRY_URI=null
      fi
    - |
${INSTALL_PACKAGE.map((line) => `      ${line}`).join('\n')}
  cache:
${cacheEntries(facts)}

model:
  stage: model
  timeout: 1 hour
  # One pipeline of a branch at a time.
  resource_group: gnu-mlops-$CI_COMMIT_REF_SLUG
  script:
    - |
      gnu-mlops validate --config ${file}
    - set -o pipefail
    - |
      gnu-mlops train --config ${file} --run-name "ci-$CI_PIPELINE_IID" --json | tee train.json
    - version=$(node -p 'JSON.parse(fs.readFileSync("train.json", "utf8")).version')
    - echo "MODEL_VERSION=$version" > version.env
    - |
      if [ "$CI_COMMIT_BRANCH" = main ]; then
        gnu-mlops deploy --config ${file} --stage staging --version "$version" --notes ${notes}
      fi
    - |
      gnu-mlops ci --config ${file} --summary | tee summary.md
${artifacts(facts)}
    reports:
      dotenv: ${yamlText(below(folder, 'version.env'))}

production:
  stage: production
  timeout: 15 minutes
  # Approvals of this environment are asked for before anything happens.
  environment: production
  resource_group: gnu-mlops-production
  rules:
    - if: $CI_COMMIT_BRANCH == "main" && $DEPLOY_TO_PRODUCTION == "true"
    - if: $CI_COMMIT_BRANCH == "main" && $CI_COMMIT_MESSAGE =~ /\\[deploy-prod\\]/
  script:
    - |
      gnu-mlops deploy --config ${file} --stage production --version "$MODEL_VERSION" --notes ${notes}
    - |
      gnu-mlops ci --config ${file} --summary | tee summary.md
${artifacts(facts)}
`;
}

function cacheEntries({ store }: PipelineFacts): string {
  const packages = `    - key: gnu-mlops-packages
      paths: [.npm]`;
  if (store.length === 0) return packages;
  return `${packages}
    # The store is a file: it goes from pipeline to pipeline of a branch. Caches are removed after a while: keep what must not be lost elsewhere.
    - key: gnu-mlops-store-$CI_COMMIT_REF_SLUG
      paths:
${store.map((file) => `        - ${yamlText(file)}`).join('\n')}
      when: always`;
}

function artifacts({ folder, logs }: PipelineFacts): string {
  const paths = [logs, below(folder, 'summary.md')].map((file) => `      - ${yamlText(file)}`);
  return `  artifacts:
    when: always
    expire_in: 30 days
    paths:
${paths.join('\n')}`;
}

function below(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}
