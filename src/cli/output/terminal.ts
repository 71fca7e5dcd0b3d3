import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Environment } from '../../engine/config/load.ts';

/** The streams that a command reads and writes, and the environment it runs in. */
export interface Terminal {
  env: Environment;
  /** Results: text for people, or one JSON document. */
  output(text: string): void;
  /** Everything else, a line at a time. */
  error(text: string): void;
  /** Where progress is drawn; undefined unless that is a terminal. */
  progressStream: Writable | undefined;
  /** Width in columns; 100 where nobody sees it. */
  width: number;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks a yes-or-no question; false without asking unless a person sits at the terminal. */
  confirm(question: string): Promise<boolean>;
  /** A person's answer; null without asking unless one sits at the terminal. */
  ask(question: string): Promise<string | null>;
  /** As `ask`, but what is typed is not shown. */
  askSecret(question: string): Promise<string | null>;
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const isInteractive = Boolean(process.stdin.isTTY && process.stderr.isTTY);
  return {
    env: process.env,
    output: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
    progressStream: process.stderr.isTTY ? process.stderr : undefined,
    width: process.stdout.columns ?? 100,
    readInput: readStandardInput,
    ask: async (question) => (isInteractive ? ask(`${question} `) : null),
    askSecret: async (question) => (isInteractive ? askSecret(`${question} `) : null),
    confirm: async (question) => isInteractive && /^y(es)?$/i.test(await ask(`${question} [y/N] `)),
  };
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function ask(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(question)).trim();
  } finally {
    prompt.close();
  }
}

/** The question is printed by hand: readline would echo what is typed behind it. */
async function askSecret(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question);
  try {
    return (await prompt.question('')).trim();
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
