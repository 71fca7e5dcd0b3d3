import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../scripts/cache.ts';
import { run as runProcess } from '../../scripts/subprocess.ts';
import type { ValidateResult } from '../../src/engine/index.ts';
import { type ParsedMail, parseMail } from '../engine/notification/parsed-mail.ts';
import { CERTIFICATE, type MailServer, startMailServer } from '../engine/notification/started-mail-server.ts';
import { type BatchProject, batchProject } from './batch-project.ts';
import { type CommandResult, gnuMlops, startCommand } from './command.ts';

const USER = { user: 'operator', pass: 'canary-smtp-41c7' };
const ROWS = 'data/new_rows.csv';

describe('Mail about commands, over TLS with a password', () => {
  let project: BatchProject;
  let server: MailServer;
  let read = 0;

  before(async () => {
    project = await batchProject();
    server = await startMailServer({ tls: 'starttls', auth: USER });
    configure();
  });
  after(async () => {
    await server.stop();
    project.remove();
  });

  function configure(): void {
    const file = (name: string) => path.join(project.folder, name);
    const password = ['$', '{SMTP_PASSWORD}'].join('');
    const settings = {
      ...parse(readFileSync(file('config.yaml'), 'utf8')),
      env_file: '.env',
      schedules: [{ id: 'nightly', operation: 'batch', cron: '0 13 * * *', timezone: 'America/Los_Angeles' }],
      monitoring: { alert_emails: ['watch@example.org'] },
      retraining: { notification_email: 'train@example.org' },
      notifications: {
        smtp: { host: 'localhost', port: server.port, user: USER.user, password, from: 'mlops@example.org' },
      },
    };
    writeFileSync(file('mail.yaml'), stringify(settings));
    writeFileSync(file('.env'), `SMTP_PASSWORD=${USER.pass}\n`);
    chmodSync(file('.env'), 0o600);
  }

  function run(...args: string[]): Promise<CommandResult> {
    const env = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
    return gnuMlops([...args, '--config', 'mail.yaml'], { cwd: project.folder, env });
  }

  /** The mails since the last look. */
  async function mails(): Promise<(ParsedMail & { to: string[] })[]> {
    const all = await server.mails();
    const fresh = all.slice(read).map(({ raw, to }) => ({ ...parseMail(raw), to }));
    read = all.length;
    return fresh;
  }

  async function subjects(): Promise<string[]> {
    return (await mails()).map(({ headers, to }) => `${headers.subject} -> ${to.join(', ')}`);
  }

  it('tells of a night that went well only when that was asked for, and never of one with nothing to do', async () => {
    project.put('night.csv', readFileSync(path.join(project.folder, ROWS), 'utf8'));
    assert.equal((await run('batch', '--dry-run')).code, 0);
    assert.equal((await run('batch')).code, 0);
    assert.equal((await run('batch')).code, 0);
    assert.deepEqual(await subjects(), []);
    project.put('second.csv', readFileSync(path.join(project.folder, ROWS), 'utf8'));
    const own = ['--set', 'batch_inference.notification_email=night@example.org'];
    assert.equal((await run('batch', ...own)).code, 0);
    assert.deepEqual(await subjects(), [
      '[gnu-mlops] Batch done: 6 rows in 1 file (penguin_species) -> night@example.org',
    ]);
  });

  it('tells of a failed file, with the reason that the command gives', async () => {
    project.put('broken.csv', 'a,b\n1,2,3\n');
    const { code, stdout } = await run('batch');
    assert.equal(code, 1);
    const [mail] = await mails();
    assert.equal(mail?.headers.subject, '[gnu-mlops] BATCH FAILED: 1 of 1 file (penguin_species)');
    const reason = /^broken\.csv: (.+)$/m.exec(stdout)![1]!;
    assert.ok(mail!.parts['text/plain']!.includes(reason), mail!.parts['text/plain']);
  });

  it('tells why a command stopped, with the end of its log', async () => {
    assert.equal((await run('batch', 'no/such/folder')).code, 4);
    const [mail] = await mails();
    assert.equal(mail?.headers.subject, '[gnu-mlops] FAILED: batch of penguin_species: unreachable');
    assert.match(mail!.parts['text/plain']!, /exit code: +4[\s\S]*The end of its log\n {2}\d{4}-.* ERROR /);
    assert.deepEqual(mail!.to, ['watch@example.org']);
  });

  it('tells of what a schedule ran, also when the store itself cannot be opened', async () => {
    writeFileSync(path.join(project.folder, 'broken.db'), 'this is no database, and never was one');
    const away = await run('schedule', 'run', 'nightly', '--now', '--set', 'mlflow.tracking_uri=sqlite:///broken.db');
    assert.equal(away.code, 4, away.stderr);
    assert.equal((await run('schedule', 'run', 'nightly', '--now')).code, 1);
    assert.deepEqual(await subjects(), [
      '[gnu-mlops] FAILED: batch of penguin_species: invalid-store -> watch@example.org',
      '[gnu-mlops] BATCH FAILED: 1 of 1 file (penguin_species) -> watch@example.org',
    ]);
  });

  it('tells of promotions and roll backs with who and why, and of one that a gate refused', async () => {
    assert.equal((await run('train')).code, 0);
    assert.equal((await run('deploy', '--stage', 'staging')).code, 0);
    assert.equal((await run('deploy', '--stage', 'production', '--notes', `better; ${USER.pass}`)).code, 0);
    assert.equal((await run('deploy', '--stage', 'production')).code, 0);
    assert.equal((await run('rollback', '--notes', 'worse after all')).code, 0);
    const strict = ['--set', 'deployment.gates.staging.accuracy=0.9999'];
    assert.equal((await run('deploy', '--stage', 'staging', '--version', '2', ...strict)).code, 3);
    const told = await mails();
    assert.deepEqual(
      told.map(({ headers, to }) => `${headers.subject!.replace('[gnu-mlops] ', '')} -> ${to.join(', ')}`),
      [
        'Deployed: version 2 of penguin_species is in Staging -> train@example.org',
        'Deployed: version 2 of penguin_species is in GNU_Production -> train@example.org',
        'ROLLED BACK: version 1 of penguin_species is in GNU_Production again -> watch@example.org, train@example.org',
        'FAILED: deploy of penguin_species: gate-failed -> watch@example.org, train@example.org',
      ],
    );
    assert.match(told[1]!.parts['text/plain']!, /notes: +better; \*\*\*/);
    assert.match(told[2]!.parts['text/plain']!, /notes: +worse after all/);
  });

  it('does not fail the command when the server is away, and arrives with the next one', async () => {
    const { port } = server;
    await server.stop();
    const away = await run('batch', 'no/such/folder');
    assert.equal(away.code, 4);
    assert.equal(readdirSync(path.join(project.folder, '.gnu-mlops/spool')).length, 1);
    const { stdout } = await run('logs', 'notify');
    assert.match(stdout, /warning Mail to watch@example\.org .*ECONNREFUSED.*waits in \.gnu-mlops\/spool/);
    read = 0;
    server = await startMailServer({ tls: 'starttls', auth: USER, port });
    rmSync(path.join(project.folder, 'data/batch_input/broken.csv'));
    for (let night = 0; night < 2; night++) assert.equal((await run('batch')).code, 0);
    assert.deepEqual(await subjects(), [
      '[gnu-mlops] FAILED: batch of penguin_species: unreachable -> watch@example.org',
    ]);
    assert.deepEqual(readdirSync(path.join(project.folder, '.gnu-mlops/spool')), []);
  });

  it('loses nothing when a command is killed while it sends, and the mail arrives once', async () => {
    const { port } = server;
    await server.stop();
    const mute = await startMailServer({ tls: 'starttls', auth: USER, port, silent: 'data' });
    const args = ['batch', 'no/such/folder', '--config', 'mail.yaml'];
    const child = startCommand(args, { cwd: project.folder, env: { NODE_EXTRA_CA_CERTS: CERTIFICATE } });
    const ended = once(child, 'exit');
    // It has been taken in, and is not acknowledged.
    await mute.untilData();
    child.kill('SIGKILL');
    await ended;
    await mute.stop();
    const [name] = readdirSync(path.join(project.folder, '.gnu-mlops/spool'));
    const { id } = JSON.parse(readFileSync(path.join(project.folder, '.gnu-mlops/spool', name!), 'utf8')) as {
      id: string;
    };
    read = 0;
    server = await startMailServer({ tls: 'starttls', auth: USER, port });
    for (let night = 0; night < 2; night++) assert.equal((await run('batch')).code, 0);
    const told = await mails();
    assert.deepEqual(
      told.map(({ headers }) => headers['message-id']),
      [`<${id}@example.org>`],
    );
  });

  it('is set up as the page says, and sent from a program as its example does', async () => {
    const page = readFileSync(path.join(projectRoot, 'docs/notifications.md'), 'utf8');
    const file = path.join(project.folder, 'page.yaml');
    const example = parse(/```yaml\n(.*?)```/s.exec(page)![1]!) as { notifications: { smtp: object } };
    const own = parse(readFileSync(path.join(project.folder, 'mail.yaml'), 'utf8')) as {
      notifications: { smtp: object };
    };
    const smtp = { ...example.notifications.smtp, ...own.notifications.smtp };
    writeFileSync(
      file,
      stringify({ ...own, ...example, notifications: { ...example.notifications, smtp, webhooks: [] } }),
    );
    mkdirSync(path.join(project.folder, 'node_modules'));
    symlinkSync(projectRoot, path.join(project.folder, 'node_modules/gnu-mlops'), 'junction');
    const program = /```ts\n(.*?)```/s.exec(page)![1]!.replace('config.yaml', 'page.yaml');
    writeFileSync(path.join(project.folder, 'example.mts'), program);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE };
    const { code, stderr } = await runProcess(process.execPath, ['example.mts'], { cwd: project.folder, env });
    assert.equal(code, 0, stderr);
    rmSync(path.join(project.folder, 'node_modules'), { recursive: true });
    assert.deepEqual(await subjects(), [
      '[gnu-mlops] DRIFT: 1 feature of m -> ml-oncall@example.org, night@example.org',
    ]);
  });

  it('holds the password nowhere: not in mails, spool, logs, store or artifacts', async () => {
    const files = readdirSync(project.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.env')
      .map((entry) => path.join(entry.parentPath, entry.name));
    assert.ok(files.length > 20);
    for (const file of files) assert.ok(!readFileSync(file).includes('canary'), file);
    for (const { raw } of await server.mails()) assert.doesNotMatch(raw, /canary/);
  });

  it('is looked after by validate, which signs in and sends nothing', async () => {
    const checkOf = async (...args: string[]) => {
      const { code, stdout } = await run('validate', '--json', ...args);
      assert.equal(code, 0, stdout);
      const { checks } = JSON.parse(stdout) as ValidateResult;
      return checks.find(({ id }) => id === 'mail');
    };
    assert.deepEqual(await checkOf(), {
      id: 'mail',
      status: 'ok',
      message: `localhost:${server.port} takes mail to watch@example.org, train@example.org.`,
      fix: null,
      reason: null,
    });
    const wrong = await checkOf('--set', 'notifications.smtp.password=another');
    assert.equal(wrong?.status, 'warning');
    assert.match(wrong.message, /user or password of notifications\.smtp not accepted/);
    const nobodyThere = await checkOf('--set', 'notifications.smtp.port=1');
    assert.match(nobodyThere!.message, /localhost:1 cannot be used: .*ECONNREFUSED/);
    assert.match(nobodyThere!.fix!, /notifications\.smtp/);
    assert.match((await checkOf('--set', 'notifications.smtp.host=null'))!.message, /host is not set/);
    const alone = ['monitoring.alert_emails=[]', 'retraining.notification_email=null'];
    assert.match((await checkOf(...alone.flatMap((each) => ['--set', each])))!.message, /nobody to write to/);
    const { stdout } = await run('validate', '--set', 'notifications.smtp.port=1');
    assert.doesNotMatch(stdout, /Everything is in place/);
    assert.match(stdout, /Nothing failed; \d+ warnings?\./);
    assert.deepEqual(await mails(), []);
  });

  it('tells of commands that could not begin, because their store or their configuration is broken', async () => {
    const broken = path.join(project.folder, 'broken.db');
    writeFileSync(broken, 'no database, but a text that is long enough to be read as one'.repeat(20));
    const here = ['--set', 'mlflow.tracking_uri=sqlite:///broken.db'];
    for (const command of [['batch'], ['retrain'], ['train'], ['deploy', '--stage', 'staging'], ['rollback']]) {
      assert.equal((await run(...command, ...here)).code, 4, command[0]);
      const told = await mails();
      assert.deepEqual(
        told.map(({ headers }) => headers.subject),
        [`[gnu-mlops] FAILED: ${command[0]} of penguin_species: invalid-store`],
      );
      assert.match(told[0]!.parts['text/plain']!, /broken\.db/);
    }
    assert.equal((await run('batch', '--set', 'training.cv_folds=many')).code, 2);
    assert.equal((await mails()).length, 1);
    const settings = parse(readFileSync(path.join(project.folder, 'mail.yaml'), 'utf8'));
    const odd = { ...settings, batch_inference: { notification_email: ['a@example.org'] } };
    writeFileSync(path.join(project.folder, 'odd.yaml'), stringify(odd));
    const env = { NODE_EXTRA_CA_CERTS: CERTIFICATE };
    const refused = await gnuMlops(['batch', '--config', 'odd.yaml'], { cwd: project.folder, env });
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /batch_inference\.notification_email/);
    assert.equal((await mails()).length, 1);
    assert.equal((await run('batch', '--set', 'notifications.smtp.port=many')).code, 2);
    assert.deepEqual(await mails(), [], 'it is not known how');
  });
});
