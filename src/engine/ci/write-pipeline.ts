import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../config/load.ts';
import { writeFileWhole } from '../support/atomic-file.ts';
import { EngineError } from '../support/errors.ts';
import { githubWorkflow } from './github-workflow.ts';
import { gitlabPipeline } from './gitlab-pipeline.ts';
import { pipelineFacts } from './pipeline-facts.ts';

export type CiProvider = 'github' | 'gitlab';

export interface CiOptions {
  /** Path of config.yaml. */
  configFile: string;
  env: Environment;
  /** `github` unless given. */
  provider?: CiProvider | undefined;
  /** Where the provider looks for it, unless given. */
  output?: string | undefined;
  /** Replace a file that says something else. */
  force?: boolean | undefined;
}

/** What `ci --json` prints. */
export interface CiResult {
  schema: 1;
  /** `unchanged`: the file says so already. */
  status: 'created' | 'replaced' | 'unchanged';
  provider: CiProvider;
  file: string;
  /** Names of secrets that it takes when they are set. */
  secrets: string[];
}

const PROVIDERS = {
  github: { file: '.github/workflows/gnu-mlops.yml', write: githubWorkflow },
  gitlab: { file: '.gitlab-ci.yml', write: gitlabPipeline },
};

/**
 * Writes the pipeline of a project: validate, train, deploy to Staging on main, to GNU_Production when asked for.
 * @throws EngineError `usage` when another file is there already, `invalid-config`, `permission`
 */
export function writePipeline({ configFile, env, provider = 'github', output, force }: CiOptions): CiResult {
  const facts = pipelineFacts(path.resolve(configFile), env);
  const { file: usual, write } = PROVIDERS[provider];
  const file = output === undefined ? path.join(facts.repository, usual) : path.resolve(output);
  const text = write(facts);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  const result = { schema: 1 as const, provider, file, secrets: facts.secrets };
  if (before === text) return { ...result, status: 'unchanged' };
  if (before !== undefined && !force) {
    throw new EngineError('usage', `${file} is there already, and says something else.`, {
      fix: 'Write to another place with --output FILE and compare, or replace it with --force.',
    });
  }
  writeFileWhole(file, text);
  return { ...result, status: before === undefined ? 'created' : 'replaced' };
}
