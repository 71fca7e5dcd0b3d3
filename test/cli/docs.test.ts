import * as assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import errorSchema from '../../schemas/results/error.schema.json' with { type: 'json' };
import { projectRoot } from '../../scripts/cache.ts';
import { run } from '../../scripts/subprocess.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { type ErrorReason, exitCodeOfReason } from '../../src/engine/support/errors.ts';
import { gnuMlops } from './command.ts';
import { commandsOf, PAGES, type PageCommand, pageBlocks, readPage, scriptOf } from './page-commands.ts';
import { complaintsAboutYaml } from './page-config.ts';
import { complaintAboutUnrun, isNotRun, NOT_RUN, READINGS, type Reading } from './page-readers.ts';
import { complaintAboutCommandLine, wordsOf } from './page-usage.ts';
import { type Machine, machine } from './schedule-machine.ts';

const allBlocks = PAGES.flatMap((page) => pageBlocks(page));
const shellBlocks = allBlocks.filter(({ language }) => language === 'sh');

describe('A reader who types the commands', () => {
  let reader: Machine;

  beforeEach(() => {
    reader = machine();
    const program = `exec "${process.execPath}" "${path.join(projectRoot, 'bin/gnu-mlops.js')}" "$@"`;
    const write = (name: string, text: string) =>
      writeFileSync(path.join(reader.home, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    write('gnu-mlops', program);
    write('npx', `shift\n${program}`);
  });

  afterEach(() => reader.remove());

  function commandsToFollow({ page, meanwhile }: Reading): PageCommand[] {
    const blocks = shellBlocks.filter((block) => block.page === page && !isNotRun(block));
    return blocks.flatMap(commandsOf).flatMap((command) => {
      if (!meanwhile || !command.text.startsWith(meanwhile.before)) return [command];
      return [...meanwhile.commands.map((text) => ({ ...command, text, exitCode: 0 })), command];
    });
  }

  async function follow(reading: Reading): Promise<void> {
    const commands = commandsToFollow(reading);
    assert.ok(commands.length > 0, `${reading.page} has no command`);
    const cwd = await reading.begin(reader);
    const env = { ...process.env, NO_COLOR: '1', ...reader.env };
    const { code, stdout, stderr } = await run('sh', ['-c', scriptOf(commands)], { cwd, env });
    assert.equal(code, 0, `${stderr}\n${stdout}`);
  }

  /** What is there afterwards, beside the exit codes. */
  const outcomes: Record<string, () => void> = {
    'docs/quick-start.md': () =>
      assert.match(reader.crontab(), / schedule run night --config .*\n.* schedule run retrain-daily --config /),
    'docs/schedules.md': () => {
      const [shown] = allBlocks.filter(
        ({ page, lines }) => page === 'docs/schedules.md' && lines[0]!.startsWith('0,15'),
      );
      const crontab = reader.crontab().replaceAll(reader.home, '/home/me').replaceAll(reader.folder, '/srv/churn');
      assert.ok(
        crontab.replaceAll(/gnu-mlops:[0-9a-f-]{36}:/g, 'gnu-mlops:<project>:').includes(shown!.lines[0]!),
        crontab,
      );
    },
    'docs/ci.md': () => {
      const written = readdirSync(reader.folder, { recursive: true, encoding: 'utf8' });
      assert.ok(
        written.includes('.gitlab-ci.yml') && written.includes(path.join('.github', 'workflows', 'gnu-mlops.yml')),
      );
    },
  };

  for (const reading of READINGS) {
    it(`of ${reading.page} ${reading.where} gets what the page says`, async () => {
      await follow(reading);
      outcomes[reading.page]?.();
    });
  }

  it('of the programs on pages about mail and schedules gets programs that run', async () => {
    mkdirSync(path.join(reader.folder, 'node_modules'));
    symlinkSync(projectRoot, path.join(reader.folder, 'node_modules/gnu-mlops'), 'junction');
    writeFileSync(path.join(reader.folder, 'package.json'), '{ "type": "module" }');
    for (const page of ['docs/notifications.md', 'docs/schedules.md']) {
      const [program] = allBlocks.filter((block) => block.page === page && /^[jt]s$/.test(block.language));
      writeFileSync(path.join(reader.folder, 'program.ts'), program!.lines.join('\n'));
      const { code, stderr } = await run(process.execPath, ['program.ts'], { cwd: reader.folder });
      assert.equal(code, 0, `${page}: ${stderr}`);
    }
  });
});

describe('A block of a page', () => {
  it('says what language it is in, so that no command hides in it', () => {
    const known = ['sh', 'yaml', 'ts', 'js', 'json', 'python', 'text'];
    const unmarked = allBlocks.filter(({ language }) => !known.includes(language));
    assert.deepEqual(
      unmarked.map(({ page, line }) => `${page}:${line}`),
      [],
    );
    const texts = allBlocks.filter(({ language }) => language === 'text').flatMap(({ lines }) => lines);
    assert.deepEqual(
      texts.filter((line) => /^(\$ |(gnu-mlops|npm|npx|node|pip|mlflow|git|curl)\s)/.test(line)),
      [],
    );
  });

  it('of shell commands is run, or is an exception with a reason', () => {
    const read = READINGS.map(({ page }) => page);
    const unchecked = shellBlocks.filter((block) => !read.includes(block.page) && !isNotRun(block));
    assert.deepEqual(
      unchecked.map(({ page, line }) => `${page}:${line}`),
      [],
    );
    const gone = NOT_RUN.filter(
      ({ page, begins }) => !shellBlocks.some((block) => block.page === page && block.lines[0]!.startsWith(begins)),
    );
    assert.deepEqual(gone, []);
  });

  it('that cannot be run starts only what there is, with flags that it has', async () => {
    const unrun = shellBlocks.filter(isNotRun).flatMap(commandsOf);
    assert.ok(unrun.length > 8);
    for (const command of unrun) {
      assert.equal(await complaintAboutUnrun(command), undefined, `${command.page}:${command.line}`);
    }
  });

  it('of shell commands gives the command only what it takes, keys of config.yaml included', async () => {
    for (const { page, line, text, exitCode } of shellBlocks.flatMap(commandsOf)) {
      const [, words] = /^(?:[A-Z_]+=\S+ )*(?:npx )?gnu-mlops (.*)$/.exec(text) ?? [];
      // What is to be refused for its usage may be wrong.
      if (!words || exitCode === 2) continue;
      const complaint = await complaintAboutCommandLine(wordsOf(words.replace(/\s+# .*$/, '')));
      assert.equal(complaint, undefined, `${page}:${line}`);
    }
  });

  it('of YAML has keys that config.yaml has', () => {
    const blocks = allBlocks.filter(({ language }) => language === 'yaml');
    assert.ok(blocks.length > 5);
    for (const { page, line, lines } of blocks) {
      assert.deepEqual(complaintsAboutYaml(lines.join('\n')), [], `${page}:${line}`);
    }
  });
});

describe('The pages for looking things up', () => {
  it('tell what to do about every reason of an error, and its exit code', () => {
    const sections = new Map(
      [...readPage('docs/troubleshooting.md').matchAll(/^## `([a-z-]+)`\n(.*?)(?=^## )/gms)].map(([, reason, text]) => {
        assert.match(text!, /\*\*What to do\*\*: \w/);
        return [reason!, Number(/Exit\s+code\s+(\d+)/.exec(text!)?.[1])];
      }),
    );
    const reasons = errorSchema.properties.error.properties.reason.enum as ErrorReason[];
    const expected = reasons.map((reason) => [reason, exitCodeOfReason(reason)] as const);
    assert.deepEqual(Object.fromEntries(sections), Object.fromEntries(expected));
  });

  it('are all listed in docs/README.md', () => {
    const index = readPage('docs/README.md');
    const pages = readdirSync(path.join(projectRoot, 'docs')).filter((name) => name.endsWith('.md'));
    const unlisted = pages.filter((name) => name !== 'README.md' && !index.includes(`](${name})`));
    assert.deepEqual(unlisted, []);
  });

  it('name every command and every flag that --help shows, and no other', async () => {
    const { stdout } = await gnuMlops(['--help'], { cwd: projectRoot });
    const page = readPage('docs/quick-reference.md');
    const pages = page + readPage('docs/command-line.md');
    const known = new Set<string>();
    const program = buildProgram(async () => undefined);
    for (const command of program.commands.flatMap((one) => [one, ...one.commands])) {
      const name = command.parent === program ? command.name() : `${command.parent!.name()} ${command.name()}`;
      if (command.parent === program) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, 'm'));
      assert.ok(pages.includes(name), `no page names ${name}`);
      for (const { long } of command.options) {
        known.add(long!);
        assert.ok(pages.includes(long!), `no page names ${name} ${long}`);
      }
    }
    const named = [...page.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
    assert.deepEqual(
      named.filter((flag) => !known.has(flag) && flag !== '--help' && flag !== '--version'),
      [],
    );
  });

  it('name palette titles as the palette shows them', () => {
    const { contributes } = JSON.parse(readPage('package.json')) as {
      contributes: { commands: { category: string; title: string }[] };
    };
    const titles = contributes.commands.map(({ category, title }) => `${category}: ${title}`);
    const pages = ['README.md', ...readdirSync(path.join(projectRoot, 'docs')).map((name) => `docs/${name}`)];
    const named = pages
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => [...readPage(name).matchAll(/\*(GNU MLOps: [^*]+)\*/g)].map(([, title]) => ({ name, title })));
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter(({ title }) => !titles.includes(title!.replaceAll('\n', ' '))),
      [],
    );
  });
});
