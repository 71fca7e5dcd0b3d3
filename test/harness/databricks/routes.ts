import { artifactRoutes } from './artifacts.ts';
import type { Route } from './call.ts';
import { dbfsRoutes } from './dbfs.ts';
import { experimentRoutes } from './experiments.ts';
import { fileRoutes } from './files.ts';
import { jobRoutes } from './jobs.ts';
import { legacyRegistryRoutes } from './legacy-registry.ts';
import { loggedModelRoutes } from './logged-models.ts';
import { runRoutes } from './runs.ts';
import { servingRoutes } from './serving.ts';
import { signInRoutes } from './sign-in.ts';
import { sqlRoutes } from './sql.ts';
import { storageRoutes } from './storage.ts';
import { unityCatalogRoutes } from './unity-catalog.ts';
import { volumeRoutes } from './volumes.ts';
import { workspaceFileRoutes } from './workspace-files.ts';

const ROUTES: { route: Route; pattern: RegExp; names: string[] }[] = [
  ...signInRoutes,
  ...experimentRoutes,
  ...runRoutes,
  ...artifactRoutes,
  ...loggedModelRoutes,
  ...unityCatalogRoutes,
  ...legacyRegistryRoutes,
  ...fileRoutes,
  ...storageRoutes,
  ...volumeRoutes,
  ...workspaceFileRoutes,
  ...dbfsRoutes,
  ...sqlRoutes,
  ...jobRoutes,
  ...servingRoutes,
].map((route) => ({ route, ...compile(route.path) }));

/** The route for a method and a path, with the parts of the path that it names, decoded. */
export function matchRoute(method: string, path: string): { route: Route; params: Record<string, string> } | null {
  for (const { route, pattern, names } of ROUTES) {
    const match = route.method === method ? pattern.exec(path) : null;
    if (match === null) continue;
    return { route, params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1]!)])) };
  }
  return null;
}

function compile(path: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = path.split(/(\{\w+\*?\})/).map((part) => {
    const name = /^\{(\w+)(\*?)\}$/.exec(part);
    if (name === null) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
    names.push(name[1]!);
    return name[2] === '*' ? '(/.*)' : '([^/]+)';
  });
  return { pattern: new RegExp(`^${source.join('')}$`), names };
}
