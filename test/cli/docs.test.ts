import * as assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import errorSchema from '../../schemas/results/error.schema.json' with { type: 'json' };
import { projectRoot } from '../../scripts/cache.ts';
import { run } from '../../scripts/subprocess.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { type ErrorReason, exitCodeOfReason } from '../../src/engine/support/errors.ts';
import { gnuMlops } from './command.ts';
import { pageCommands, scriptOf } from './page-commands.ts';
import { type Machine, machine } from './schedule-machine.ts';

const read = (name: string) => readFileSync(path.join(projectRoot, name), 'utf8');

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

  async function follow(page: string, folder: string): Promise<void> {
    const commands = pageCommands(page);
    assert.ok(commands.length > 3, `${page} has hardly a command`);
    const env = { ...process.env, NO_COLOR: '1', ...reader.env };
    const { code, stdout, stderr } = await run('sh', ['-c', scriptOf(commands)], { cwd: folder, env });
    assert.equal(code, 0, `${stderr}\n${stdout}`);
  }

  it('of docs/quick-start.md in an empty folder gets what the page says, and has a night in the crontab', async () => {
    await follow('docs/quick-start.md', mkdtempSync(path.join(reader.home, 'project-')));
    assert.match(reader.crontab(), / schedule run night --config .*\n.* schedule run retrain-weekly --config /);
  });

  it('of docs/local-run.md in an empty folder gets what the page says', async () => {
    await follow('docs/local-run.md', mkdtempSync(path.join(reader.home, 'project-')));
  });

  it('of docs/deployment-guide.md in the example gets what the page says', async () => {
    await follow('docs/deployment-guide.md', reader.folder);
  });

  for (const page of ['docs/batch.md', 'docs/retraining.md']) {
    it(`of ${page} in a project with a model in production gets what the page says`, async () => {
      await reader.run('train', '--quiet');
      for (const stage of ['staging', 'production']) await reader.run('deploy', '--stage', stage);
      await follow(page, reader.folder);
    });
  }
});

describe('The pages for looking things up', () => {
  it('tell what to do about every reason of an error, and its exit code', () => {
    const sections = new Map(
      [...read('docs/troubleshooting.md').matchAll(/^## `([a-z-]+)`\n(.*?)(?=^## )/gms)].map(([, reason, text]) => {
        assert.match(text!, /\*\*What to do\*\*: \w/);
        return [reason!, Number(/Exit\s+code\s+(\d+)/.exec(text!)?.[1])];
      }),
    );
    const reasons = errorSchema.properties.error.properties.reason.enum as ErrorReason[];
    const expected = reasons.map((reason) => [reason, exitCodeOfReason(reason)] as const);
    assert.deepEqual(Object.fromEntries(sections), Object.fromEntries(expected));
  });

  it('are all listed in docs/README.md', () => {
    const index = read('docs/README.md');
    const pages = readdirSync(path.join(projectRoot, 'docs')).filter((name) => name.endsWith('.md'));
    const unlisted = pages.filter((name) => name !== 'README.md' && !index.includes(`](${name})`));
    assert.deepEqual(unlisted, []);
  });

  it('name every command and every flag that --help shows, and no other', async () => {
    const { stdout } = await gnuMlops(['--help'], { cwd: projectRoot });
    const page = read('docs/quick-reference.md');
    const pages = page + read('docs/command-line.md');
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
    const { contributes } = JSON.parse(read('package.json')) as {
      contributes: { commands: { category: string; title: string }[] };
    };
    const titles = contributes.commands.map(({ category, title }) => `${category}: ${title}`);
    const pages = ['README.md', ...readdirSync(path.join(projectRoot, 'docs')).map((name) => `docs/${name}`)];
    const named = pages
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => [...read(name).matchAll(/\*(GNU MLOps: [^*]+)\*/g)].map(([, title]) => ({ name, title })));
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter(({ title }) => !titles.includes(title!.replaceAll('\n', ' '))),
      [],
    );
  });
});
