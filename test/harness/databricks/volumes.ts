import { type Answer, type Call, exists, json, missing, type Route } from './call.ts';
import { filled, object, oneOf, text } from './shape.ts';
import type { Workspace } from './workspace.ts';

const VOLUMES = '/api/2.1/unity-catalog/volumes';

/** Volumes of Unity Catalog; `main.ml` is the schema that there is. */
export const volumeRoutes: Route[] = [
  {
    method: 'POST',
    path: VOLUMES,
    body: object(
      { catalog_name: filled, schema_name: filled, name: filled, volume_type: oneOf('MANAGED', 'EXTERNAL') },
      { comment: text, storage_location: text },
    ),
    answer: create,
  },
  {
    method: 'GET',
    path: `${VOLUMES}/{name}`,
    answer: ({ params }, { folders }) => {
      const [catalog, schema, name] = params.name!.split('.');
      const root = `/Volumes/${catalog}/${schema}/${name}`;
      if (![...folders].some((folder) => `${folder}/`.startsWith(`${root}/`))) throw missing(`Volume '${params.name}'`);
      return json({ full_name: params.name, catalog_name: catalog, schema_name: schema, name, volume_type: 'MANAGED' });
    },
  },
];

function create({ body }: Call, { folders }: Workspace): Answer {
  const { catalog_name: catalog, schema_name: schema, name } = body as Record<string, string>;
  if (`${catalog}.${schema}` !== 'main.ml') throw missing(`Schema '${catalog}.${schema}'`);
  const root = `/Volumes/${catalog}/${schema}/${name}`;
  if (folders.has(root)) throw exists(`Volume '${catalog}.${schema}.${name}'`);
  folders.add(root);
  return json({ full_name: `${catalog}.${schema}.${name}`, name, volume_type: 'MANAGED' });
}
