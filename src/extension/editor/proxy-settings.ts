import * as vscode from 'vscode';

/**
 * The editor's proxy settings as the variables that programs read. The engine is a process of its own, which the editor's settings do
 * not reach; variables that the editor was started with beat them, as they do in the editor.
 */
export function proxyEnvironment(env: Record<string, string | undefined> = process.env): Record<string, string> {
  const http = vscode.workspace.getConfiguration('http');
  const proxy = http.get<string>('proxy') ?? '';
  const support = http.get<string>('proxySupport');
  const isNamed = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => env[name]);
  if (proxy === '' || support === 'off' || isNamed) return {};
  const exempt = http.get<string[]>('noProxy') ?? [];
  return { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, ...(exempt.length > 0 ? { NO_PROXY: exempt.join(',') } : {}) };
}
