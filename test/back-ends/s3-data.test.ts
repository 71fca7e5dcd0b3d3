import * as assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { openProject, type ValidateResult } from '../../src/engine/index.ts';
import type { TrainResult } from '../../src/engine/training/train.ts';
import { exampleProject, gnuMlops, type TemporaryProject } from '../cli/command.ts';
import { S3_KEYS, type S3Server, startS3Server } from '../harness/s3-server.ts';

/** Training on rows that lie in S3, by the real command. */
describe('Training data in S3', () => {
  let server: S3Server;
  let project: TemporaryProject;
  let csv: string;

  before(async () => {
    server = await startS3Server();
    project = exampleProject();
    csv = readFileSync(path.join(project.folder, 'data/train.csv'), 'utf8');
    await server.makeBucket('lake');
  });

  after(async () => {
    project.remove();
    await server.stop();
  });

  /** Without cross-validation: what is learned does not matter here. */
  const FAST = ['--set', 'training.cv_folds=0', '--set', 'model.hyperparameters.n_estimators=5'];

  const run = (args: string[], address: string, env: Record<string, string> = {}) =>
    gnuMlops([...args, '--set', 'data.source=s3', '--set', `data.path=${address}`], {
      cwd: project.folder,
      env: { ...server.env, ...env },
    });

  const train = async (address: string, ...more: string[]): Promise<TrainResult> => {
    const { code, stdout, stderr } = await run(['train', '--json', ...FAST, ...more], address);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as TrainResult;
  };

  const refused = async (address: string, env: Record<string, string> = {}, args = ['train', '--json', ...FAST]) => {
    const { code, stdout, stderr } = await run(args, address, env);
    for (const secret of Object.values({ ...S3_KEYS, ...env })) {
      if (secret.length > 8)
        assert.ok(!`${stdout}${stderr}`.includes(secret) || /^https?:/.test(secret), stdout + stderr);
    }
    return {
      code,
      ...(JSON.parse(stdout) as { error: { reason: string; message: string; details: { fix: string } } }).error,
    };
  };

  const inputsOf = async (runId: string) => {
    const opened = await openProject({ configFile: path.join(project.folder, 'config.yaml') });
    try {
      const run = await opened.store.getRun(runId);
      return { run, inputs: await opened.store.datasetInputs(runId) };
    } finally {
      await opened.close();
    }
  };

  it('gives the same model as the same file here, and is recorded with its address and digest', async () => {
    await server.put('lake', 'churn/train.csv', csv);
    const remote = await train('s3://lake/churn/train.csv');
    const here = await gnuMlops(['train', '--json', ...FAST], { cwd: project.folder });
    assert.deepEqual((JSON.parse(here.stdout) as TrainResult).metrics, remote.metrics);
    const { inputs } = await inputsOf(remote.run_id);
    assert.equal(inputs[0]!.sourceType, 's3');
    assert.deepEqual(JSON.parse(inputs[0]!.source), { uri: 's3://lake/churn/train.csv' });
    const local = await inputsOf((JSON.parse(here.stdout) as TrainResult).run_id);
    assert.equal(inputs[0]!.digest, local.inputs[0]!.digest);
  });

  it('may be compressed, many files below a prefix, or a glob', async () => {
    const lines = csv.trimEnd().split('\n');
    const half = Math.floor(lines.length / 2);
    await server.put('lake', 'parts/a.csv.gz', gzipSync(lines.slice(0, half).join('\n')));
    await server.put('lake', 'parts/b.csv', [lines[0], ...lines.slice(half)].join('\n'));
    await server.put('lake', 'parts/old/c.csv', 'nothing,like,it\n1,2,3\n');
    await server.put('lake', 'parts/_SUCCESS', '');
    const whole = await train('s3://lake/churn/train.csv');
    for (const address of ['s3://lake/parts', 's3://lake/parts/', 's3://lake/parts/[ab].csv*']) {
      assert.deepEqual((await train(address)).metrics, whole.metrics, address);
    }
  });

  it('may be Parquet', async () => {
    const [header, ...rows] = csv
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(','));
    const columnData = header!.map((name, i) => {
      const values = rows.map((row) => row[i]!);
      const isNumber = values.every((value) => value !== '' && Number.isFinite(Number(value)));
      return isNumber
        ? { name, data: values.map(Number), type: 'DOUBLE' as const }
        : { name, data: values, type: 'STRING' as const };
    });
    await server.put('lake', 'train.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    const { metrics } = await train('s3://lake/train.parquet');
    assert.deepEqual(metrics, (await train('s3://lake/churn/train.csv')).metrics);
  });

  it('is copied once, and again when it changed', async () => {
    const cache = path.join(project.folder, '.gnu-mlops/cache/data');
    await server.put('lake', 'growing.csv', csv);
    await train('s3://lake/growing.csv');
    const copies = readdirSync(cache).sort();
    await train('s3://lake/growing.csv');
    assert.deepEqual(readdirSync(cache).sort(), copies);
    await server.put('lake', 'growing.csv', csv + csv.trimEnd().split('\n').slice(1, 40).join('\n'));
    const grown = await train('s3://lake/growing.csv');
    assert.equal(
      (await inputsOf(grown.run_id)).inputs[0]!.profile!.includes(`"num_rows":${countRows(csv) + 39}`),
      true,
    );
  });

  it('is checked by validate', async () => {
    const good = await run(['validate', '--json'], 's3://lake/churn/train.csv');
    const data = (JSON.parse(good.stdout) as ValidateResult).checks.find(({ id }) => id === 'data')!;
    assert.equal(data.status, 'ok');
    assert.match(data.message, /^s3:\/\/lake\/churn\/train\.csv: \d+ rows/);
    const bad = await run(['validate', '--json'], 's3://lake/missing.csv');
    const check = (JSON.parse(bad.stdout) as ValidateResult).checks.find(({ id }) => id === 'data')!;
    assert.deepEqual([bad.code, check.status, check.reason], [4, 'error', 'unreachable']);
  });

  it('that is not there is unreachable, named at its place', async () => {
    writeFileSync(
      path.join(project.folder, 'config.s3.yaml'),
      readFileSync(path.join(project.folder, 'config.yaml'), 'utf8').replace(
        /^data:\n((?: {2}.*\n)*)/m,
        'data:\n  source: s3\n  path: s3://lake/missing.csv\n  target_column: diagnosis\n',
      ),
    );
    const { code, stdout } = await gnuMlops(['train', '--json', '--config', 'config.s3.yaml'], {
      cwd: project.folder,
      env: server.env,
    });
    const { error } = JSON.parse(stdout);
    assert.deepEqual([code, error.reason], [4, 'unreachable']);
    assert.match(error.message, /^config\.s3\.yaml:\d+:9: data\.path: s3:\/\/lake\/missing\.csv does not exist/);
  });

  it('says whether bucket, file, server or credentials are missing, and ends with 4', async () => {
    const bucket = await refused('s3://nobody/train.csv');
    assert.deepEqual([bucket.code, bucket.reason], [4, 'unreachable']);
    assert.match(bucket.message, /nobody/);
    const empty = await refused('s3://lake/old-parts/*.csv');
    assert.match(empty.message, /s3:\/\/lake\/old-parts\/\*\.csv holds no CSV or Parquet file/);
    const gone = await refused('s3://lake/churn/train.csv', { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' });
    assert.deepEqual([gone.code, gone.reason], [4, 'unreachable']);
    assert.match(gone.message, /127\.0\.0\.1:9 does not answer/);
    const home = path.join(project.folder, 'empty-home');
    mkdirSync(home, { recursive: true });
    const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: home };
    const anonymous = await refused('s3://lake/churn/train.csv', nobody);
    assert.deepEqual([anonymous.code, anonymous.reason], [4, 'unauthorized']);
    assert.match(anonymous.details.fix, /AWS_ACCESS_KEY_ID/);
    const wrong = await refused('train.csv');
    assert.deepEqual([wrong.code, wrong.reason], [2, 'invalid-config']);
    assert.match(wrong.message, /expected s3:\/\/bucket\/key/);
  });

  it('takes its keys from env_file and its profile from where boto3 looks', async () => {
    const home = path.join(project.folder, 'home');
    mkdirSync(path.join(home, '.aws'), { recursive: true });
    const keys = `aws_access_key_id = ${S3_KEYS.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${S3_KEYS.AWS_SECRET_ACCESS_KEY}\n`;
    writeFileSync(path.join(home, '.aws/credentials'), `[team]\n${keys}`);
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: home, AWS_PROFILE: 'team' };
    const { code, stderr } = await run(['train', '--json', ...FAST], 's3://lake/churn/train.csv', env);
    assert.equal(code, 0, stderr);
  });

  it('is what sign-in asks for with new keys', async () => {
    const signIn = (address: string) =>
      gnuMlops(
        [
          'sign-in',
          '--json',
          '--kind',
          's3',
          '--stdin',
          '--no-save',
          '--set',
          'data.source=s3',
          '--set',
          `data.path=${address}`,
        ],
        {
          cwd: project.folder,
          env: { AWS_ENDPOINT_URL_S3: server.url, AWS_REGION: 'us-east-1' },
          input: `${S3_KEYS.AWS_ACCESS_KEY_ID}\n${S3_KEYS.AWS_SECRET_ACCESS_KEY}\n`,
        },
      );
    const good = await signIn('s3://lake/churn/train.csv');
    assert.equal(good.code, 0, good.stderr + good.stdout);
    assert.equal((JSON.parse(good.stdout) as { place: string }).place, server.url);
    const bad = await signIn('s3://nobody/train.csv');
    assert.deepEqual([bad.code, JSON.parse(bad.stdout).error.reason], [4, 'unreachable']);
  });

  it('gives way to the fallback, loudly, and such a version never gets into production', async () => {
    const { code, stdout, stderr } = await run(
      ['train', '--json', ...FAST, '--set', 'data.fallback=local'],
      's3://nobody/train.csv',
    );
    // The stand-in is at data.path too, which is no file of this machine.
    assert.equal(code, 2, stdout + stderr);
    const synthetic = await run(
      ['train', '--json', ...FAST, '--set', 'data.fallback=synthetic'],
      's3://nobody/train.csv',
    );
    assert.equal(synthetic.code, 0, synthetic.stderr);
    const { run_id, version } = JSON.parse(synthetic.stdout) as TrainResult;
    const { run: trained } = await inputsOf(run_id);
    assert.equal(trained.tags['gnu_mlops.data_fallback'], 'synthetic');
    const deployed = await gnuMlops(['deploy', '--stage', 'production', '--version', version, '--dry-run', '--json'], {
      cwd: project.folder,
    });
    assert.equal(deployed.code, 3);
    assert.match(deployed.stdout, /fallback-data/);
  });

  it('that S3 does not let us read is refused with the bucket and what to ask for', async () => {
    await server.requireCredentials(true);
    try {
      const { code, reason, message, details } = await refused('s3://lake/churn/train.csv');
      assert.deepEqual([code, reason], [4, 'unauthorized'], message);
      assert.match(`${message} ${details.fix}`, /lake|AWS_ACCESS_KEY_ID/);
    } finally {
      await server.requireCredentials(false);
    }
  });
});

function countRows(text: string): number {
  return text.trimEnd().split('\n').length - 1;
}
