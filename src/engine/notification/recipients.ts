import type { Config } from '../config/config.ts';
import { type Notice, operationOf, weightOf } from './notice.ts';

/**
 * Who gets a mail about a notice: failures, drift and roll backs go to `monitoring.alert_emails`, the operation's own
 * `notification_email` adds; successes go to the latter only. A digest goes to all of them.
 */
export function recipientsOf(config: Config, notice: Notice): string[] {
  if (notice.kind === 'digest') return allRecipients(config);
  switch (weightOf(notice)) {
    case 'alert':
      return failureRecipients(config, operationOf(notice));
    case 'success':
      return distinct(ownAddresses(config, operationOf(notice)));
    case 'idle':
      return [];
  }
}

/** Who gets a mail when an operation failed. */
export function failureRecipients(config: Config, operation: string): string[] {
  return distinct([...config.monitoring.alert_emails, ...ownAddresses(config, operation)]);
}

/** Everybody whom something is told. */
export function allRecipients(config: Config): string[] {
  return distinct([...config.monitoring.alert_emails, ...ownAddresses(config, 'batch'), ...ownAddresses(config)]);
}

/** What changes production (train, deploy, rollback, retrain) is told where retraining is. */
function ownAddresses({ batch_inference, retraining }: Config, operation = 'retrain'): string[] {
  const text: unknown = operation === 'batch' ? batch_inference.notification_email : retraining.notification_email;
  // Of a configuration that is refused it may be anything.
  return typeof text === 'string' ? text.split(/[,;\s]+/) : [];
}

/** In the order given; mail servers do not tell capitals apart. */
function distinct(addresses: string[]): string[] {
  const seen = new Map(addresses.map((address) => [address.trim().toLowerCase(), address.trim()]));
  seen.delete('');
  return [...seen.values()];
}
