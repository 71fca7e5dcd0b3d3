// Debian's systemd, taken out of its packages and not installed, so that the machine stays as it is.
import { mkdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cachedFolder } from '../../scripts/cache.ts';
import { run, runChecked } from '../../scripts/subprocess.ts';

export interface OwnSystemd {
  /** Of its files: `usr/bin/systemd-analyze` and others. */
  root: string;
  /** What its programs need around them, nothing of this process beside. */
  env: Record<string, string>;
}

/** @returns what is missing, in words for who runs the tests, where it cannot be had */
export async function ownSystemd(): Promise<OwnSystemd | { missing: string }> {
  try {
    const release = await readFile('/etc/os-release', 'utf8');
    const root = await cachedFolder('systemd', release, unpack);
    const systemd = { root, env: environment(root, await libraryFolders(root)) };
    await runChecked(path.join(root, 'usr/bin/systemd-analyze'), ['--version'], { env: systemd.env });
    return systemd;
  } catch {
    return { missing: "Let apt-get download Debian's package systemd (apt-get update)." };
  }
}

async function unpack(folder: string): Promise<void> {
  const lists: string[] = [];
  const apt = (args: string[], cwd = folder) => run('apt-get', [...lists, ...args], { cwd });
  const download = async (packages: readonly string[]) => (await apt(['download', ...packages])).code === 0;
  const own = ['systemd', 'libsystemd-shared'];
  if (!(await download(own))) {
    mkdirSync(path.join(folder, 'lists/partial'), { recursive: true });
    lists.push('-o', `Dir::State::Lists=${folder}/lists`, '-o', 'APT::Sandbox::User=root');
    await runChecked('apt-get', [...lists, 'update'], { cwd: folder });
    // Older releases have its libraries in the package itself.
    if (!(await download(own))) await download(['systemd']);
  }
  await extract(folder);
  if (await isWhole(folder)) return;
  // A machine without systemd lacks libraries that it needs, too.
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const { stdout } = await run('apt-cache', [...lists, 'depends', '--recurse', ...only, ...own]);
  const libraries = [...stdout.matchAll(/Depends: (lib[a-z0-9.+-]+)$/gm)].map(([, name]) => name!);
  for (const name of new Set(libraries)) if (!/^lib(c6|gcc-s1)$/.test(name)) await download([name]);
  await extract(folder);
}

async function extract(folder: string): Promise<void> {
  for (const archive of (await readdir(folder)).filter((name) => name.endsWith('.deb'))) {
    await runChecked('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
  }
}

async function isWhole(root: string): Promise<boolean> {
  const program = path.join(root, 'usr/bin/systemd-analyze');
  const { code } = await run(program, ['--version'], { env: environment(root, await libraryFolders(root)) });
  return code === 0;
}

/** Folders of shared objects, its own first. */
async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const libraries = entries.filter(({ name }) => /^lib.*\.so/.test(name));
  return [...new Set(libraries.map(({ parentPath }) => parentPath))].sort().reverse();
}

function environment(root: string, libraries: readonly string[]): Record<string, string> {
  return { PATH: `${root}/usr/bin:${root}/bin:/usr/bin:/bin`, LD_LIBRARY_PATH: libraries.join(':'), NO_COLOR: '1' };
}
