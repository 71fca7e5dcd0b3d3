import { ACTIONS } from '../scheduling/targets/actions.ts';
import { INSTALL_PACKAGE } from '../scheduling/targets/package-guard.ts';
import type { PipelineFacts } from './pipeline-facts.ts';

/** The GitHub Actions workflow of a project. Scripts take everything from variables, so that no text becomes code. */
export function githubWorkflow(facts: PipelineFacts): string {
  const { folder } = facts;
  return `# Written by "gnu-mlops ci". Change it as you like: only "gnu-mlops ci --force" writes it again. What it does: docs/ci.md.
name: GNU MLOps

on:
  push:
    branches: [main, develop]
  pull_request:
  workflow_dispatch:
    inputs:
      deploy_to_production:
        description: Deploy to GNU_Production what this run brings to Staging
        type: boolean
        default: false

permissions:
  contents: read

# One run of a branch at a time; of a pull request only the newest.
concurrency:
  group: gnu-mlops-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

defaults:
  run:
    shell: bash
    working-directory: ${yamlText(folder)}

env:
  # What is installed: a path, a tarball or a git address of gnu-mlops, which is not published on npm. A secret of the repository, or write it here.
  GNU_MLOPS_PACKAGE: \${{ secrets.GNU_MLOPS_PACKAGE }}
  # Secrets come from GitHub here, not from a file.
  GNU_MLOPS__ENV_FILE: 'null'

jobs:
${modelJob(facts)}
${productionJob(facts)}`;
}

function modelJob(facts: PipelineFacts): string {
  return `  model:
    name: Validate, train, deploy to Staging
    runs-on: ubuntu-latest
    timeout-minutes: 60
    outputs:
      version: \${{ steps.train.outputs.version }}
    steps:
${setUp(facts, "github.event_name != 'pull_request'", 'gnu-mlops-store-')}
      - name: Validate
        env:
${secrets(facts)}
        run: |
          gnu-mlops validate --config ${shellText(facts.config)}

      - name: Train
        id: train
        env:
${secrets(facts)}
        run: |
          gnu-mlops train --config ${shellText(facts.config)} --run-name "ci-$GITHUB_RUN_NUMBER" --json | tee "$RUNNER_TEMP/train.json"
          version=$(node -p 'JSON.parse(fs.readFileSync(0, "utf8")).version' < "$RUNNER_TEMP/train.json")
          echo "version=$version" >> "$GITHUB_OUTPUT"

      - name: Deploy to Staging
        if: github.event_name != 'pull_request' && github.ref == 'refs/heads/main'
        env:
          VERSION: \${{ steps.train.outputs.version }}
${secrets(facts)}
        run: |
          gnu-mlops deploy --config ${shellText(facts.config)} --stage staging --version "$VERSION" --notes "CI run $GITHUB_RUN_ID of commit $GITHUB_SHA"

${wrapUp(facts, 'model', "github.event_name != 'pull_request'")}`;
}

function productionJob(facts: PipelineFacts): string {
  return `  production:
    name: Deploy to GNU_Production
    needs: model
    if: >-
      github.ref == 'refs/heads/main' && github.event_name != 'pull_request' &&
      (inputs.deploy_to_production || contains(github.event.head_commit.message, '[deploy-prod]'))
    runs-on: ubuntu-latest
    timeout-minutes: 15
    # Reviewers of this environment are asked before anything happens.
    environment: production
    steps:
${setUp(facts, '', `gnu-mlops-store-\${{ github.run_id }}-`)}
      - name: Deploy to GNU_Production
        env:
          VERSION: \${{ needs.model.outputs.version }}
${secrets(facts)}
        run: |
          gnu-mlops deploy --config ${shellText(facts.config)} --stage production --version "$VERSION" --notes "CI run $GITHUB_RUN_ID of commit $GITHUB_SHA"

${wrapUp(facts, 'production', '')}`;
}

function setUp({ store }: PipelineFacts, condition: string, restoreKey: string): string {
  const restore = `      - name: Restore the store
${condition === '' ? '' : `        if: ${condition}\n`}        uses: ${ACTIONS.cacheRestore}
        with:
          path: |
${store.map((file) => `            ${file}`).join('\n')}
          key: ${restoreKey}newest
          restore-keys: ${restoreKey}

`;
  return `      - uses: ${ACTIONS.checkout}
        with:
          persist-credentials: false

      - uses: ${ACTIONS.setupNode}
        with:
          node-version: 24

      - name: Keep downloaded packages
        uses: ${ACTIONS.cache}
        with:
          path: ~/.npm
          key: npm-\${{ runner.os }}-\${{ env.GNU_MLOPS_PACKAGE }}

${store.length === 0 ? '' : restore}      - name: Install GNU MLOps
        run: |
${INSTALL_PACKAGE.map((line) => `          ${line}`).join('\n')}
`;
}

/** What is done however the steps before ended. */
function wrapUp(facts: PipelineFacts, job: string, condition: string): string {
  const { store, logs, config } = facts;
  const save = `
      - name: Save the store
        if: always()${condition === '' ? '' : ` && ${condition}`}
        uses: ${ACTIONS.cacheSave}
        with:
          path: |
${store.map((file) => `            ${file}`).join('\n')}
          key: gnu-mlops-store-\${{ github.run_id }}-\${{ github.run_attempt }}-${job}
`;
  return `      - name: Summary
        if: always()
        env:
${secrets(facts)}
        run: |
          gnu-mlops ci --config ${shellText(config)} --summary >> "$GITHUB_STEP_SUMMARY"

      - name: Keep the logs
        if: always()
        uses: ${ACTIONS.uploadArtifact}
        with:
          name: logs-${job}
          path: ${yamlText(logs)}
          if-no-files-found: ignore
          retention-days: 30
${store.length === 0 ? '' : save}`;
}

/** A pull request works in a store of its own, registry included: it registers nothing where production lives. */
function secrets({ secrets: names, registry }: PipelineFacts): string {
  const inPullRequest = (value: string, otherwise: string) =>
    `\${{ github.event_name == 'pull_request' && '${value}' || ${otherwise} }}`;
  const lines = names.map((name) => {
    const value = `secrets.${name}`;
    const isStore = name === 'MLFLOW_TRACKING_URI';
    return `${name}: ${isStore ? inPullRequest('sqlite:///pull-request.db', value) : `\${{ ${value} }}`}`;
  });
  if (registry !== null) {
    const otherwise = 'secret' in registry ? `secrets.${registry.secret}` : `'${registry.uri.replaceAll("'", "''")}'`;
    lines.push(`GNU_MLOPS__MLFLOW__REGISTRY_URI: ${inPullRequest('null', otherwise)}`);
  }
  return lines.map((line) => `          ${line}`).join('\n');
}

/** JSON's strings are YAML's; plain where that is plainly safe. */
export function yamlText(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

/** One word of a shell's command, whatever a file is called. */
export function shellText(text: string): string {
  return /^[\w./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
