import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { quoted } from '../launcher-script.ts';
import type { Schedule } from '../schedule.ts';
import { utcTriggers } from '../utc-triggers.ts';
import { ACTIONS } from './actions.ts';
import { type EntryFiles, readEntries, writeEntries } from './files.ts';
import { PACKAGE_GUARD } from './package-guard.ts';
import type { ScheduleTarget, TargetContext } from './target.ts';

/** One workflow file for each schedule, below `.github/workflows` of the repository that holds config.yaml. */
export function githubTarget(context: TargetContext): ScheduleTarget {
  const root = repositoryOf(context.configFile);
  const config = path.relative(root ?? '', context.configFile).replaceAll(path.sep, '/');
  const files: EntryFiles = {
    folder: path.join(root ?? path.dirname(context.configFile), '.github/workflows'),
    namesOf: (id) => [`gnu-mlops-${id}.yml`],
    idOf: (name) => /^gnu-mlops-(.+)\.yml$/.exec(name)?.[1] ?? null,
    // The project's id is private to a clone, and workflows are shared by all of them.
    marker: `# gnu-mlops:${config}:`,
  };
  return {
    name: 'github',
    usesLauncher: false,
    unavailable: () =>
      root === null ? `${path.dirname(context.configFile)} lies in no git repository; run "git init" first.` : null,
    entry: (schedule) =>
      workflow(schedule, {
        marker: `${files.marker}${schedule.id}`,
        config,
        now: context.clock(),
        secrets: secretsOf(context.configFile),
      }),
    installed: () => readEntries(files),
    write: (entries) => {
      writeEntries(files, entries);
      return entries.size === 0
        ? []
        : [
            'Commit and push .github/workflows; GitHub runs schedules of the default branch only.',
            'Its runs keep no files: the store has to be a server, and the data has to be in the repository or on one.',
          ];
    },
  };
}

const SERVER_SECRETS = ['DATABRICKS_HOST', 'DATABRICKS_TOKEN', 'MLFLOW_TRACKING_TOKEN', 'MLFLOW_TRACKING_URI'];

interface WorkflowFacts {
  marker: string;
  /** config.yaml, relative to the repository. */
  config: string;
  now: Date;
  /** Names of variables that the configuration or its store takes from the environment. */
  secrets: string[];
}

/** GitHub's clock is UTC and knows no summer: every offset of the zone has a line, and `schedule run` knows which one counts. */
function workflow(schedule: Schedule, { marker, config, now, secrets }: WorkflowFacts): string {
  const crons = utcTriggers(schedule, now).map((cron) => `    - cron: '${cron}'`);
  return `${marker}
# ${schedule.operation} at "${schedule.cron}", ${schedule.timezone}. Written by "gnu-mlops schedule install --target github".
name: ${schedule.id}
on:
  schedule:
${crons.join('\n')}
  workflow_dispatch:
permissions:
  contents: read
concurrency:
  group: gnu-mlops-${schedule.id}
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - uses: ${ACTIONS.checkout}
      - uses: ${ACTIONS.setupNode}
        with:
          node-version: 24
      - name: Run the schedule
        env:
          TRIGGER: \${{ github.event.schedule }}
          # A path, a tarball or a git address of gnu-mlops: a secret of the repository.
          GNU_MLOPS_PACKAGE: \${{ secrets.GNU_MLOPS_PACKAGE }}
          # Secrets come from GitHub here, not from a file.
          GNU_MLOPS__ENV_FILE: 'null'
${secrets.map((name) => `          ${name}: \${{ secrets.${name} }}`).join('\n')}
        run: |
${PACKAGE_GUARD.map((line) => `          ${line}`).join('\n')}
          for name in ${secrets.join(' ')}; do
            if [ -z "\${!name}" ]; then unset "$name"; fi
          done
          if [ -n "$TRIGGER" ]; then set -- --trigger "$TRIGGER"; else set -- --now; fi
          npx --yes --package "$GNU_MLOPS_PACKAGE" gnu-mlops schedule run ${schedule.id} --config ${quoted(config)} "$@"
`;
}

/** Names that GitHub gives a meaning of its own cannot be secrets there. */
const RESERVED = /^(GITHUB_|CI$|RUNNER_)/;

/** `NAME` of every `${NAME}` in the configuration, and those that servers of MLflow and Databricks ask for. */
function secretsOf(configFile: string): string[] {
  const text = existsSync(configFile) ? readFileSync(configFile, 'utf8') : '';
  const named = [...text.matchAll(/\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}/g)].map(([, name]) => name!);
  const all = [...SERVER_SECRETS, ...named.filter((name) => !RESERVED.test(name))];
  return [...new Set(all)].sort();
}

function repositoryOf(configFile: string): string | null {
  for (let folder = path.dirname(configFile); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, '.git'))) return folder;
    if (folder === path.dirname(folder)) return null;
  }
}
