import type { NotifyReport } from '../../../src/engine/notification/delivery.ts';
import type { Notice } from '../../../src/engine/notification/notice.ts';
import { notify } from '../../../src/engine/notification/notify.ts';
import type { Teller } from '../../../src/engine/notification/teller.ts';
import type { Project } from '../../../src/engine/project.ts';
import type { LogEntry } from '../../../src/engine/support/operation-log.ts';
import { type TemporaryProject, temporaryProject } from '../training/temporary-project.ts';
import type { ReceivedMail } from './mail-server.ts';
import { IMPATIENT } from './notifier-contract.ts';
import { type ParsedMail, parseMail } from './parsed-mail.ts';
import { type MailServer, startMailServer } from './started-mail-server.ts';

/** A project with people to tell, and the mail server that they read from. */
export interface NotifiedProject {
  server: MailServer;
  folder: string;
  temporary: TemporaryProject;
  /** Every log entry of the projects opened here. */
  log: LogEntry[];
  /** Opens the project at `now` with further `--set` flags. */
  at(now: string, set?: string[], env?: Record<string, string>): Promise<Project>;
  tell(project: Teller, notice: Notice): Promise<NotifyReport>;
  /** What has come, read. */
  mails(): Promise<(ParsedMail & { to: string[]; raw: string })[]>;
  /** Nobody listens any more; what came is kept. */
  stop(): Promise<void>;
  /** The server goes away and, with the same port, comes back. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function notifiedProject(): Promise<NotifiedProject> {
  const temporary = await temporaryProject();
  const log: LogEntry[] = [];
  const kept: ReceivedMail[] = [];
  const made: NotifiedProject = {
    server: await startMailServer(),
    folder: temporary.folder,
    temporary,
    log,
    at: (now, set = [], env = {}) => {
      const people = [
        'notifications.smtp.host=127.0.0.1',
        `notifications.smtp.port=${made.server.port}`,
        'notifications.smtp.from=mlops@example.org',
        'monitoring.alert_emails=[watch@example.org]',
      ];
      const clock = () => new Date(now);
      return temporary.reopen([...people, ...set], { clock, env, onLog: (entry) => log.push(entry) });
    },
    tell: (project, notice) => notify(project, notice, IMPATIENT),
    mails: async () => {
      const all = [...kept, ...(await made.server.mails())];
      return all.map(({ raw, to }) => ({ ...parseMail(raw), to, raw }));
    },
    stop: async () => {
      await made.server.mails();
      await made.server.stop();
    },
    restart: async () => {
      kept.push(...(await made.server.mails()));
      made.server = await startMailServer({ port: made.server.port });
    },
    dispose: async () => {
      await made.server.stop();
      await temporary.dispose();
    },
  };
  return made;
}
