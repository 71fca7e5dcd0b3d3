import { BlockList, isIP } from 'node:net';
import { EngineError } from '../support/errors.ts';
import { unescaped } from '../support/user-info.ts';

type Environment = Record<string, string | undefined>;

/** A proxy as axios takes it. */
export interface Proxy {
  protocol: string;
  host: string;
  port: number;
  auth?: { username: string; password: string };
}

/**
 * The proxy for an address, by the variables that curl and Python's requests read: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and
 * NO_PROXY, in either case. What runs on this machine is never asked for through a proxy, which could not reach it.
 * @returns false for a direct connection
 * @throws EngineError `usage` for a variable that is no address
 */
export function proxyFor(address: URL, env: Environment): Proxy | false {
  const host = address.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host)) return false;
  const scheme = address.protocol.slice(0, -1);
  const chosen = variable(env, `${scheme}_proxy`) ?? variable(env, 'all_proxy');
  if (chosen === undefined || isExempt(host, address, variable(env, 'no_proxy')?.value ?? '')) return false;
  return parseProxy(chosen);
}

function variable(env: Environment, name: string): { name: string; value: string } | undefined {
  const found = [name, name.toUpperCase()].find((each) => env[each]);
  return found === undefined ? undefined : { name: found, value: env[found]! };
}

function parseProxy({ name, value }: { name: string; value: string }): Proxy {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new EngineError('usage', `${name} is no address of an HTTP proxy.`, {
      fix: `Set ${name} to an address such as http://proxy.example.com:3128.`,
    });
  }
  const [username, password] = [unescaped(url.username), unescaped(url.password)];
  if (username === null || password === null) {
    throw new EngineError('usage', `${name}: its user or password holds a % that begins no escape.`, {
      fix: `Write %25 for a % in ${name}.`,
    });
  }
  const auth = { username, password };
  const port = url.port === '' ? defaultPort(url.protocol) : Number(url.port);
  return { protocol: url.protocol, host: url.hostname, port, ...(auth.username ? { auth } : {}) };
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\./.test(host);
}

/** NO_PROXY: names with all below them, `*.name`, `.name`, `name:port`, addresses, networks (10.0.0.0/8), or `*` for all. */
function isExempt(host: string, address: URL, list: string): boolean {
  const port = address.port === '' ? defaultPort(address.protocol) : Number(address.port);
  const entries = list.toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== '' && (entry === '*' || matches(host, port, entry)));
}

function matches(host: string, port: number, entry: string): boolean {
  const network = /^([0-9a-f.:]+)\/(\d+)$/.exec(entry);
  if (network) return isIP(host) !== 0 && isIP(host) === isIP(network[1]!) && isInside(host, network[1]!, network[2]!);
  const [, name = entry, onlyPort] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
  if (onlyPort !== undefined && isIP(entry) === 0 && Number(onlyPort) !== port) return false;
  const plain = (isIP(entry) === 0 ? name : entry).replace(/^\*?\./, '');
  return host === plain || (isIP(host) === 0 && host.endsWith(`.${plain}`));
}

function isInside(host: string, network: string, prefix: string): boolean {
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (Number(prefix) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(host, family);
}
