import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { end } from '../../scripts/subprocess.ts';
import { pythonEnvironment } from './python.ts';

/** Ends with the test that started it, however that ends: its standard input closes then. */
const SERVER = `
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
`;

/** A real S3 server on this machine (moto), empty. */
export interface S3Server {
  url: string;
  /** What a client needs to know. */
  env: Record<string, string>;
  makeBucket(name: string): Promise<void>;
  put(bucket: string, key: string, content: string | Uint8Array<ArrayBuffer>): Promise<void>;
  /** Keys of a bucket. */
  keys(bucket: string): Promise<string[]>;
  /** What is known about an object. */
  head(bucket: string, key: string): Promise<Headers>;
  /** From now on credentials count, and none is known; or back to accepting everything. */
  requireCredentials(isRequired: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Not real ones; distinct, so that a test can look for them in what is printed. */
export const S3_KEYS = { AWS_ACCESS_KEY_ID: 'AKIATESTONLY00000001', AWS_SECRET_ACCESS_KEY: 'test-only-secret-42' };

export async function startS3Server(): Promise<S3Server> {
  const child = spawn(pythonEnvironment('s3'), ['-c', SERVER], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [port] = await firstLine(child.stdout);
  if (port === undefined) throw new Error(`The S3 server did not start:\n${complaints}`);
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${url}${path}`, { ...init, headers: { ...init.headers, authorization: SIGNED } });
    if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const send = async (path: string, init: RequestInit = {}) => (await ask(path, init)).text();
  return {
    url,
    env: { ...S3_KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: url, AWS_EC2_METADATA_DISABLED: 'true' },
    makeBucket: async (name) => void (await send(`/${name}`, { method: 'PUT' })),
    put: async (bucket, key, content) => {
      const path = key.split('/').map(encodeURIComponent).join('/');
      await send(`/${bucket}/${path}`, { method: 'PUT', body: content });
    },
    keys: async (bucket) => {
      const text = await send(`/${bucket}?list-type=2`);
      return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!);
    },
    head: async (bucket, key) => (await ask(`/${bucket}/${key}`, { method: 'HEAD' })).headers,
    requireCredentials: async (isRequired) => {
      const count = isRequired ? '0' : '1000000000';
      await send('/moto-api/reset-auth', { method: 'POST', body: count });
    },
    stop: () => end(child),
  };
}

/** Tells the server which service a request is for; the signature is not looked at. */
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=AKIATESTONLY00000001/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';

async function firstLine(stream: NodeJS.ReadableStream): Promise<string[]> {
  for await (const line of createInterface({ input: stream })) return [line];
  return [];
}
