import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { type Environment, inspectConfig } from '../config/load.ts';
import { artifactRootOf } from '../tracking/artifact-root.ts';
import { isSqliteUri, sqliteFile } from '../tracking/sqlite/location.ts';

/** What a pipeline is made from; paths with `/`, relative to the repository. */
export interface PipelineFacts {
  /** Folder of config.yaml, "." when that is the repository's own. */
  folder: string;
  /** File name of the configuration. */
  config: string;
  /** Files and folders of a store that lies in the project; empty when it is on a server. */
  store: string[];
  /** Logs of the project. */
  logs: string;
  /** A registry apart from the tracking store, or the secret that names it; null without one. */
  registry: { uri: string } | { secret: string } | null;
  /** Names of secrets (or variables) that the configuration or its store takes from the environment. */
  secrets: string[];
}

/**
 * Looks at a configuration, whether its variables are set here or not.
 * @throws EngineError `invalid-config` when the file cannot be read
 */
export function pipelineFacts(configFile: string, env: Environment): PipelineFacts & { repository: string } {
  const { config } = inspectConfig({ file: configFile, env });
  const baseDir = path.dirname(configFile);
  const repository = repositoryOf(baseDir);
  const within = (file: string) => path.relative(repository, path.resolve(baseDir, file)).replaceAll(path.sep, '/');
  const uri = config.mlflow.tracking_uri;
  const isFile = isSqliteUri(uri);
  return {
    repository,
    folder: within('.') || '.',
    config: path.basename(configFile),
    store: isFile ? [sqliteFile(uri, baseDir), ...artifactFolders(uri, baseDir)].map(within) : [],
    logs: within('logs'),
    registry: registryOf(configFile),
    secrets: [...new Set([...SERVER_SECRETS, ...mentionedVariables(configFile)])].sort(),
  };
}

/** Both that artifacts may lie in: which one it is depends on what lies beside the database there, not here. */
function artifactFolders(uri: string, baseDir: string): string[] {
  const folder = path.dirname(artifactRootOf(uri, baseDir));
  return ['mlruns', 'mlartifacts'].map((name) => path.join(folder, name));
}

/** As the file says it: where a part of it is a variable, only the whole pipeline could put it together. */
function registryOf(configFile: string): PipelineFacts['registry'] {
  const uri = writtenRegistry(readFileSync(configFile, 'utf8'));
  if (typeof uri !== 'string') return null;
  const [, secret] = /^\$\{([A-Za-z_]\w*)\}$/.exec(uri) ?? [];
  if (secret !== undefined) return { secret };
  return uri.includes('${') ? null : { uri };
}

/** undefined for a text that is no YAML: what is wrong with it is said where it is used. */
function writtenRegistry(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.getIn(['mlflow', 'registry_uri']);
}

/** The folder that git works in, else that of config.yaml. */
function repositoryOf(baseDir: string): string {
  for (let folder = baseDir; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, '.git'))) return folder;
    if (folder === path.dirname(folder)) return baseDir;
  }
}

/** With them a project moves from a file to a server without a change of its files. */
const SERVER_SECRETS = [
  'MLFLOW_TRACKING_URI',
  'MLFLOW_TRACKING_USERNAME',
  'MLFLOW_TRACKING_PASSWORD',
  'MLFLOW_TRACKING_TOKEN',
];

/** Names that a CI system gives a meaning of its own cannot be secrets there. */
const RESERVED = /^(GITHUB_|CI(_|$)|RUNNER_|GITLAB_)/;

/** `NAME` of every `${NAME}` and `${NAME:-default}`; comments count too, which does no harm. */
function mentionedVariables(configFile: string): string[] {
  const text = readFileSync(configFile, 'utf8');
  const names = [...text.matchAll(/\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}/g)].map(([, name]) => name!);
  return names.filter((name) => !RESERVED.test(name));
}
