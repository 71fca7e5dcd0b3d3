import type * as vscode from 'vscode';
import type { ProjectRef } from '../protocol/engine-api.ts';
import type { VirtualDocuments } from './documents/virtual-documents.ts';
import type { ActiveProject } from './editor/active-project.ts';
import type { CredentialVault } from './editor/credential-vault.ts';
import type { Dialogs } from './editor/dialogs.ts';
import type { StoreFollower } from './editor/store-follower.ts';
import type { EngineClient } from './engine/engine-client.ts';
import { EngineFailure } from './engine/engine-failure.ts';
import type { Panels } from './panels/panels.ts';
import type { ExperimentsView } from './views/experiments-view.ts';
import type { OperationsView } from './views/operations-view.ts';
import type { RegistryView } from './views/registry-view.ts';

/** Everything that a command may use, in one object. */
export interface EditorSession {
  readonly engine: EngineClient;
  readonly vault: CredentialVault;
  readonly project: ActiveProject;
  readonly follower: StoreFollower;
  readonly dialogs: Dialogs;
  readonly documents: VirtualDocuments;
  readonly panels: Panels;
  readonly experiments: ExperimentsView;
  readonly registry: RegistryView;
  readonly operations: OperationsView;
  readonly log: vscode.LogOutputChannel;
}

/** @throws EngineFailure when the workspace has no config.yaml */
export function requireProject({ project }: Pick<EditorSession, 'project'>): ProjectRef {
  if (project.ref) return project.ref;
  throw new EngineFailure({
    reason: 'not-found',
    message: 'This workspace has no config.yaml.',
    details: { fix: 'Make one with the command "GNU MLOps: Set Up a Project".' },
  });
}
