import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BatchResult } from '../../src/engine/index.ts';
import { type BatchProject, batchProject, HEADER, ROW } from './batch-project.ts';
import { type CommandOptions, gnuMlops } from './command.ts';
import { parseDocument } from './documents.ts';
import { KillInstants } from './kill-instants.ts';
import { killedCommand } from './killed-command.ts';

const INSTANTS = process.env.TEST_DEPTH === 'full' ? 1000 : 80;
const SEED = 5;
const preload = pathToFileURL(path.join(import.meta.dirname, 'kill-at-step.js')).href;
const meanwhile = pathToFileURL(path.join(import.meta.dirname, 'meanwhile.js')).href;
const isRoot = process.getuid?.() === 0;
/** Who is not root on Linux mounts nothing: these tests are skipped for others. */
const mayMount = isRoot && process.platform === 'linux';

/** Contents are distinct, so that each can be told in outputs and archive; the third one has a row that is refused. */
const INPUTS: Record<string, string> = {
  'a.csv': `${HEADER}\n${`${ROW}\n`.repeat(250)}`,
  'b.csv': `${HEADER}\n${`${ROW.replace('46.1', '45.5')}\n`.repeat(251)}`,
  'c.csv': `${HEADER}\n${`${ROW.replace('46.1', '44')}\n`.repeat(98)}Biscoe,wide,1,1,1,female,2007\n`,
};

describe('A batch that is interrupted', () => {
  let project: BatchProject;

  before(async () => {
    project = await batchProject();
  });

  after(() => project.remove());

  beforeEach(() => reset());

  function reset(): void {
    project.reset();
    for (const [name, text] of Object.entries(INPUTS)) project.put(name, text);
  }

  function interrupt(options: Omit<CommandOptions, 'cwd'>, afterMs?: number): Promise<number | null> {
    return killedCommand(['batch'], { cwd: project.folder, ...options }, afterMs);
  }

  /** Every input has exactly one complete output, stands once in the archive and once in the log; nothing else is left. */
  function assertExactlyOnce(): void {
    const manifests = project.manifests();
    const names = Object.keys(INPUTS);
    assert.deepEqual(manifests.map(({ input }) => input.name).sort(), names);
    const expected = manifests.flatMap(({ output, refused_file }) => [
      output,
      output.replace(/\.csv$/, '.manifest.json'),
      ...(refused_file === null ? [] : [refused_file]),
    ]);
    assert.deepEqual(project.names('data/batch_output'), expected.sort());
    for (const { input, output, rows, refused } of manifests) {
      const lines = project.text(`data/batch_output/${output}`).trimEnd().split('\n');
      assert.equal(lines.length - 1, rows - refused);
      const row = INPUTS[input.name]!.split('\n')[1]!;
      assert.ok(lines.slice(1).every((line) => line.startsWith(`${row},`)));
    }
    const archived = project.names('data/batch_archive').map((name) => project.text(`data/batch_archive/${name}`));
    assert.deepEqual(archived.sort(), Object.values(INPUTS).sort());
    assert.deepEqual(project.names('data/batch_input'), []);
    assert.deepEqual(project.journal(), []);
    const logged = project
      .names('data/prediction_log')
      .flatMap((day) => project.text(`data/prediction_log/${day}`).trimEnd().split('\n'))
      .flatMap((line) => {
        try {
          return [(JSON.parse(line) as { input: string }).input];
        } catch {
          return [];
        }
      });
    assert.deepEqual(logged.sort(), names);
  }

  it('at every change to the file system is completed by the next one, exactly once', async function () {
    this.timeout(600_000);
    let steps = 0;
    for (let killAt = 1; ; killAt++) {
      reset();
      const env = { GNU_MLOPS_KILL_AT: String(killAt) };
      const code = await interrupt({ env, nodeArguments: ['--import', preload] });
      if (code === 0) break;
      assert.equal(code, null, 'it was not killed, but failed');
      steps++;
      const { code: next, stderr } = await project.batch();
      assert.equal(next, 0, stderr);
      assertExactlyOnce();
    }
    console.log(
      `      killed before each of ${steps} changes: every input has one output and stands once in the archive`,
    );
    assert.ok(steps > 100);
  });

  it('while it refuses a file for its share of bad rows leaves all of them aside, or those of the try before', async function () {
    this.timeout(600_000);
    const bad = (word: string) => `${HEADER}\n${`Biscoe,${word},1,1,1,female,2007\n`.repeat(300)}`;
    const aside = 'data/batch_output/bad.csv.refused.csv';
    const told = (word: string) =>
      `line,reason,row\n${Array.from({ length: 300 }, (_, i) => `${i + 2},"column ""bill_length_mm"": found ""${word}""; expected a number","Biscoe,${word},1,1,1,female,2007"\n`).join('')}`;
    let steps = 0;
    const stride = process.env.TEST_DEPTH === 'full' ? 1 : 7;
    for (let killAt = 1; ; killAt += stride) {
      reset();
      for (const name of Object.keys(INPUTS)) rmSync(path.join(project.folder, 'data/batch_input', name));
      mkdirSync(path.join(project.folder, 'data/batch_output'));
      writeFileSync(path.join(project.folder, aside), told('first'));
      project.put('bad.csv', bad('second'));
      const env = { GNU_MLOPS_KILL_AT: String(killAt) };
      const code = await interrupt({ env, nodeArguments: ['--import', preload] });
      assert.ok([told('first'), told('second')].includes(project.text(aside)), `killed at ${killAt}`);
      if (code === 1) break;
      assert.equal(code, null);
      steps++;
      assert.equal((await project.batch()).code, 1);
      assert.equal(project.text(aside), told('second'));
      assert.deepEqual(project.names('data/batch_output'), ['bad.csv.refused.csv']);
      assert.deepEqual(project.names('data/batch_input'), ['bad.csv']);
      assert.deepEqual(project.journal(), []);
    }
    console.log(`      killed before ${steps} changes: the refused rows are whole`);
    assert.ok(steps * stride > 30);
  });

  it(`at ${INSTANTS} seeded instants is completed by the next one, exactly once`, async function () {
    this.timeout(600_000);
    const started = performance.now();
    assert.equal(await interrupt({}), 0);
    const instants = new KillInstants(SEED, performance.now() - started);
    const outcomes = { killed: 0, finished: 0 };
    for (let instant = 0; instant < INSTANTS; instant++) {
      reset();
      const code = await instants.try((afterMs) => interrupt({}, afterMs));
      outcomes[code === null ? 'killed' : 'finished']++;
      const { code: next, stderr } = await project.batch();
      assert.equal(next, 0, stderr);
      assertExactlyOnce();
    }
    console.log(`      ${JSON.stringify(outcomes)}`);
    assert.ok(outcomes.killed > INSTANTS / 2);
  });

  it('twice, and by five at once, still does everything once', async () => {
    await interrupt({ env: { GNU_MLOPS_KILL_AT: '20' }, nodeArguments: ['--import', preload] });
    await interrupt({ env: { GNU_MLOPS_KILL_AT: '9' }, nodeArguments: ['--import', preload] });
    const codes = await Promise.all(Array.from({ length: 5 }, async () => (await project.batch()).code));
    assert.ok(codes.every((code) => code === 0 || code === 5));
    assertExactlyOnce();
  });

  it('whose input was taken away or replaced in the meantime goes on with what there is', async () => {
    await interrupt({ env: { GNU_MLOPS_KILL_AT: '12' }, nodeArguments: ['--import', preload] });
    rmSync(path.join(project.folder, 'data/batch_input/a.csv'), { force: true });
    project.put('b.csv', `${HEADER}\n${ROW.replace('46.1', '40')}\n`);
    const { code, stderr } = await project.batch();
    assert.equal(code, 0, stderr);
    assert.equal((await project.batch()).stdout, 'Nothing to score.\n');
    assert.deepEqual(project.names('data/batch_input'), []);
    assert.deepEqual(project.journal(), []);
    const replaced = project.manifests().find(({ input, rows }) => input.name === 'b.csv' && rows === 1);
    assert.ok(replaced);
  });

  it('by a full disk says so, keeps the input, leaves nothing half written, and goes on when there is room', async function () {
    if (!mayMount) return this.skip();
    const output = path.join(project.folder, 'data/batch_output');
    mkdirSync(output);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', output]);
    try {
      const { files } = await project.result(1);
      assert.ok(files.some(({ status, error }) => status === 'failed' && /No space is left/.test(error!)));
      assert.ok(project.names('data/batch_output').every((name) => !name.endsWith('.partial')));
      for (const { input, status } of files) if (status === 'failed') assert.ok(existsSync(input));
      execFileSync('mount', ['-o', 'remount,size=4m', output]);
      assert.equal((await project.result(0)).status, 'done');
      assertExactlyOnce();
    } finally {
      execFileSync('umount', [output]);
    }
  });

  it('by a disk that is full while other files are scored reports every file, and ends as a command does', async function () {
    if (!mayMount) return this.skip();
    const output = path.join(project.folder, 'data/batch_output');
    mkdirSync(output);
    // Their headers are written last, while a thread scores the long one after them.
    for (const name of ['1', '2', '3', '4', '5']) project.put(`${name}.csv`, `${HEADER}\n`);
    project.put('z.csv', `${HEADER}\n${`${ROW}\n`.repeat(5000)}`);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', output]);
    try {
      const { files } = await project.result(1);
      assert.equal(files.length, project.names('data/batch_input').length);
      assert.ok(files.every(({ status, error }) => status === 'failed' && /No space is left/.test(error!)));
      assert.ok(project.names('data/batch_output').every((name) => !name.endsWith('.partial')));
    } finally {
      execFileSync('umount', [output]);
    }
  });

  it('by an archive without room keeps the outputs, and puts the inputs away when there is', async function () {
    if (!mayMount) return this.skip();
    const archive = path.join(project.folder, 'data/batch_archive');
    mkdirSync(archive);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', archive]);
    try {
      const { files } = await project.result(1);
      const late = files.filter(({ error }) => /scored, but could not be put away: No space is left/.test(error ?? ''));
      assert.ok(late.length > 0);
      for (const { output } of late) assert.ok(existsSync(output!));
      assert.equal((await project.result(1)).status, 'failed');
      execFileSync('mount', ['-o', 'remount,size=4m', archive]);
      const { files: recovered } = await project.result(0);
      assert.ok(recovered.every(({ status }) => status === 'recovered'));
      assertExactlyOnce();
    } finally {
      execFileSync('umount', [archive]);
    }
  });

  it('by a manifest that was spoiled before its input was put away scores that input again, and stops no other', async () => {
    const archive = path.join(project.folder, 'data/batch_archive');
    writeFileSync(archive, 'no folder');
    const { files: late } = await project.result(1);
    assert.ok(late.every(({ output, error }) => output !== null && /could not be put away/.test(error!)));
    rmSync(archive);
    writeFileSync(late[0]!.output!.replace(/\.csv$/, '.manifest.json'), '{');
    const { files } = await project.result(0);
    const statusOf = (input: string) => files.find((file) => file.input === input)!.status;
    assert.equal(statusOf(late[0]!.input), 'done');
    assert.ok(late.slice(1).every(({ input }) => statusOf(input) === 'recovered'));
    assertExactlyOnce();
  });

  for (const [size, rows] of [
    ['a small', 250],
    ['a large', 12_000],
  ] as const) {
    const text = `${HEADER}\n${`${ROW}\n`.repeat(rows)}`;

    async function whileScored(command: string) {
      const file = project.put('a.csv', text);
      const env = { GNU_MLOPS_MEANWHILE: JSON.stringify([file, command]) };
      const options = { cwd: project.folder, env, nodeArguments: ['--import', meanwhile] };
      const result = await gnuMlops(['batch', '--json'], options);
      assert.equal(result.code, 0, result.stderr);
      const { files } = parseDocument<BatchResult>(result, 'batch');
      const { status, error } = files.find(({ input }) => path.basename(input) === 'a.csv')!;
      assert.deepEqual(
        files.map((each) => each.status).sort(),
        ['done', 'done', status].sort(),
        'the others are scored all the same',
      );
      assert.deepEqual(
        project.names('data/batch_output').filter((name) => name.includes('a__')),
        [],
        'nothing is left of the attempt',
      );
      return { status, error };
    }

    it(`by somebody who appends to ${size} input while it is read leaves it, and scores it whole the next time`, async () => {
      const { status, error } = await whileScored(`echo '${ROW}' >> "$1"`);
      assert.equal(status, 'growing');
      assert.match(error!, /changed while it was read; next time/);
      const { files } = await project.result(0);
      assert.deepEqual(
        files.map((file) => [path.basename(file.input), file.status, file.rows]),
        [['a.csv', 'done', rows + 1]],
      );
    });

    it(`by somebody who takes ${size} input away while it is read makes no output of it`, async () => {
      assert.equal((await whileScored('rm "$1"')).status, 'growing');
      assert.equal((await project.result(0)).status, 'nothing-to-do');
    });
  }

  it('by somebody who replaces a large input by one as long and as old leaves it, too', async () => {
    const file = project.put('a.csv', `${HEADER}\n${`${ROW}\n`.repeat(12_000)}`);
    // Over the file itself: who has it open reads the new rows.
    const other = 'cp -p "$1" "$1~" && sed s/46.1/46.2/ "$1~" > "$1" && touch -r "$1~" "$1" && rm "$1~"';
    const env = { GNU_MLOPS_MEANWHILE: JSON.stringify([file, other]) };
    const result = await gnuMlops(['batch', '--json'], {
      cwd: project.folder,
      env,
      nodeArguments: ['--import', meanwhile],
    });
    const { files } = parseDocument<BatchResult>(result, 'batch');
    assert.equal(files.find(({ input }) => input === file)!.status, 'growing');
  });

  it('to an archive on another file system moves inputs there by copy', async function () {
    if (!mayMount) return this.skip();
    const archive = path.join(project.folder, 'data/batch_archive');
    mkdirSync(archive);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', archive]);
    try {
      assert.equal((await project.result(0)).status, 'done');
      assertExactlyOnce();
    } finally {
      execFileSync('umount', [archive]);
    }
  });

  it('by a folder that may not be written says which, and keeps the input', async function () {
    // Only root may make a folder that root cannot write.
    if (!isRoot) return this.skip();
    const output = path.join(project.folder, 'data/batch_output');
    mkdirSync(output);
    chmodSync(output, 0o555);
    execFileSync('chattr', ['+i', output]);
    try {
      const { files } = await project.result(1);
      assert.ok(files.every(({ status, error }) => status === 'failed' && /batch_output/.test(error!)));
    } finally {
      execFileSync('chattr', ['-i', output]);
    }
    assert.deepEqual(project.names('data/batch_input'), Object.keys(INPUTS));
    assert.deepEqual(readdirSync(output), []);
    assert.ok(readFileSync(path.join(project.folder, 'data/batch_input/a.csv'), 'utf8') === INPUTS['a.csv']);
  });
});
