import { isS3Uri } from '../artifacts/s3/address.ts';
import type { Config } from '../config/config.ts';

/** One thing a person is asked for. */
export interface CredentialField {
  /** The environment variable that carries it, as MLflow, Databricks and AWS name it. */
  variable: string;
  label: string;
  /** Never shown while it is typed. */
  secret: boolean;
}

/** A way to sign in to what a project works with. */
export interface CredentialKind {
  id: 'mlflow-password' | 'mlflow-token' | 'databricks-token' | 'databricks-oauth' | 's3';
  /** For people, as a choice in a list. */
  title: string;
  fields: CredentialField[];
}

const open = (variable: string, label: string): CredentialField => ({ variable, label, secret: false });
const hidden = (variable: string, label: string): CredentialField => ({ variable, label, secret: true });

const MLFLOW: CredentialKind[] = [
  {
    id: 'mlflow-password',
    title: 'MLflow server: user and password',
    fields: [open('MLFLOW_TRACKING_USERNAME', 'User'), hidden('MLFLOW_TRACKING_PASSWORD', 'Password')],
  },
  { id: 'mlflow-token', title: 'MLflow server: token', fields: [hidden('MLFLOW_TRACKING_TOKEN', 'Token')] },
];

const DATABRICKS: CredentialKind[] = [
  {
    id: 'databricks-token',
    title: 'Databricks: personal access token',
    fields: [hidden('DATABRICKS_TOKEN', 'Personal access token')],
  },
  {
    id: 'databricks-oauth',
    title: 'Databricks: service principal (OAuth)',
    fields: [open('DATABRICKS_CLIENT_ID', 'Client id'), hidden('DATABRICKS_CLIENT_SECRET', 'Client secret')],
  },
];

const S3: CredentialKind = {
  id: 's3',
  title: 'S3: access key',
  fields: [open('AWS_ACCESS_KEY_ID', 'Access key id'), hidden('AWS_SECRET_ACCESS_KEY', 'Secret access key')],
};

/**
 * The ways to sign in that make sense for a project; none for one that works on this machine alone.
 * @param artifactLocation of its experiment, where that is known; a server may keep artifacts in S3 without having said so yet
 */
export function credentialKinds({ mlflow, data }: Config, artifactLocation: string | null): CredentialKind[] {
  const uris = [mlflow.tracking_uri, mlflow.registry_uri ?? ''];
  const isServer = uris.some((uri) => /^https?:/.test(uri));
  return [
    ...(isServer ? MLFLOW : []),
    ...(data.source === 'databricks' || uris.some((uri) => uri.startsWith('databricks')) ? DATABRICKS : []),
    ...(data.source === 's3' || isServer || isS3Uri(artifactLocation ?? '') ? [S3] : []),
  ];
}
