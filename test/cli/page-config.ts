// What pages say about config.yaml, held against its schema.
import { parse } from 'yaml';
import schema from '../../schemas/config.schema.json' with { type: 'json' };

interface Property {
  $ref?: string;
  properties?: Record<string, Property>;
  /** Of keys that an operator chooses, such as the hyper-parameters of an algorithm; false where there are none. */
  additionalProperties?: false | Property;
  propertyNames?: { enum?: string[] };
  items?: Property;
  anyOf?: Property[];
}

const root = schema as unknown as Property & { definitions: Record<string, Property> };

/** The sections of config.yaml, and its keys that are none. */
export const SECTIONS: readonly string[] = Object.keys(root.properties!);

/** What is wrong with a path of keys such as `training.cv_folds`. */
export function complaintAboutKey(path: string): string | undefined {
  let places: Property[] = [root];
  for (const key of path.split('.')) {
    places = places.flatMap((place) => member(place, key));
    if (places.length === 0) return `config.yaml has no ${path} (${key})`;
  }
  return undefined;
}

/** What is wrong with the keys of a block of config.yaml; whether values fit is up to the reader's project. */
export function complaintsAboutYaml(text: string): string[] {
  return complaintsWithin(parse(text), [root], '');
}

function complaintsWithin(value: unknown, places: readonly Property[], path: string): string[] {
  if (Array.isArray(value)) {
    const items = places.flatMap(({ items: item }) => item ?? []);
    return value.flatMap((entry, index) => complaintsWithin(entry, items, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => {
    const inner = places.flatMap((place) => member(place, key));
    const name = path === '' ? key : `${path}.${key}`;
    return inner.length === 0 ? [`config.yaml has no ${name}`] : complaintsWithin(entry, inner, name);
  });
}

/** What the schema says about a key at a place; nothing when it may not stand there. */
function member(place: Property, key: string): Property[] {
  const named = place.$ref ? root.definitions[place.$ref.replace('#/definitions/', '')]! : place;
  const ways = named.anyOf ?? [];
  if (ways.length > 0) return ways.flatMap((way) => member(way, key));
  const known = named.properties?.[key];
  if (known) return [known];
  const { additionalProperties: free, propertyNames: names } = named;
  return free && (names?.enum?.includes(key) ?? true) ? [free] : [];
}
