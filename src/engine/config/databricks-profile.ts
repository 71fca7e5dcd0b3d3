import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { EngineError } from '../support/errors.ts';

/** One section of ~/.databrickscfg. Keys are as Databricks' own tools name them: host, token, client_id, warehouse_id. */
export type Profile = Record<string, string>;

/** The file of profiles: DATABRICKS_CONFIG_FILE, else ~/.databrickscfg. */
export function profileFile(env: Record<string, string | undefined>): string {
  const file = env.DATABRICKS_CONFIG_FILE || path.join(env.HOME ?? homedir(), '.databrickscfg');
  return file.replace(/^~(?=[/\\])/, homedir());
}

/**
 * The profile of a name; without one the file's own default, which is named in `[__settings__]` or is `DEFAULT`. Profiles inherit
 * nothing from `DEFAULT`.
 * @returns an empty one when no profile was asked for and there is none
 * @throws EngineError `invalid-config` when the profile that was asked for is not there, or the file cannot be read
 */
export function readProfile(name: string | null, env: Record<string, string | undefined>): Profile {
  const file = profileFile(env);
  const profiles = parseProfiles(readIfThere(file));
  const chosen = name ?? profiles.get('__settings__')?.default_profile ?? 'DEFAULT';
  const profile = profiles.get(chosen);
  if (profile !== undefined) return profile;
  if (name === null) return {};
  const known = [...profiles.keys()].filter((each) => each !== '__settings__');
  const have = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  throw new EngineError('invalid-config', `There is no profile "${name}" in ${file}; ${have}.`, {
    fix: 'Correct databricks.profile (or DATABRICKS_CONFIG_PROFILE), or make it with: databricks auth login --profile NAME',
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new EngineError(
      'invalid-config',
      `${file} cannot be read.`,
      { fix: 'Check its permissions.' },
      { cause: error },
    );
  }
}

/** INI as Python's configparser reads it: `[section]`, `key = value` or `key: value`, whole lines that begin with # or ; left out. */
function parseProfiles(text: string): Map<string, Profile> {
  const profiles = new Map<string, Profile>();
  let current: Profile | undefined;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const section = /^\s*\[([^\]]+)\]\s*$/.exec(line);
    const pair = /^\s*([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (section) {
      current = {};
      profiles.set(section[1]!, current);
    } else if (pair && current) current[pair[1]!.toLowerCase()] = pair[2]!;
  }
  return profiles;
}
