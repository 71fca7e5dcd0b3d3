type Environment = Record<string, string | undefined>;

const CREDENTIALS = ['MLFLOW_TRACKING_USERNAME', 'MLFLOW_TRACKING_PASSWORD', 'MLFLOW_TRACKING_TOKEN'] as const;

/** Carries the credential for a server that a flag names in the place of the configured one. */
function otherVariable(name: (typeof CREDENTIALS)[number]): string {
  return name.replace('MLFLOW_', 'GNU_MLOPS_OTHER_');
}

interface Servers {
  /** mlflow.tracking_uri without flags. */
  configured: unknown;
  /** With them: `copy` gives the address of its other side so, too. */
  used: unknown;
}

/**
 * The environment for the server that is used. Another one than the configured gets what the variables of {@link otherVariable} hold, where
 * one of them is set; else what the caller's own environment holds, as from MLflow's own client, but never the credentials of env_file.
 * @param env with the values of env_file
 * @param own without them
 */
export function environmentOfServer(env: Environment, own: Environment, { configured, used }: Servers): Environment {
  const [home, other] = [originOf(configured), originOf(used)];
  if (other === null || home === other) return env;
  const given = CREDENTIALS.map((name) => [name, env[otherVariable(name)]] as const);
  if (given.some(([, value]) => value !== undefined)) return { ...env, ...Object.fromEntries(given) };
  // Where the configured store is no server, env_file can only be for the other one.
  return home === null ? env : { ...env, ...Object.fromEntries(CREDENTIALS.map((name) => [name, own[name]])) };
}

/** Credentials of MLflow as those of another server than the configured one; without any it gets none. */
export function asOtherCredentials(credentials: Record<string, string>): Record<string, string> {
  return Object.fromEntries(CREDENTIALS.map((name) => [otherVariable(name), credentials[name] ?? '']));
}

/** `https://host:port` of a server's address; null for other stores. */
export function originOf(uri: unknown): string | null {
  return typeof uri === 'string' && /^https?:/i.test(uri) ? (URL.parse(uri)?.origin ?? null) : null;
}
