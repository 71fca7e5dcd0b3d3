import { EngineError } from './errors.ts';

/** Why nothing is asked of servers: the workspace may be somebody's trap, and its configuration names whom to ask. */
export function networkRefused(what: string): EngineError {
  return new EngineError('untrusted-workspace', `This workspace is not trusted, so ${what} is not asked.`, {
    fix: 'Trust the workspace (command "Workspaces: Manage Workspace Trust").',
  });
}
