import type { EditorSession } from '../editor-session.ts';

/** Where a command shows beside the palette, as package.json's `menus` say it. */
export interface MenuPlace {
  menu: 'view/title' | 'view/item/context' | 'editor/title' | 'explorer/context';
  when: string;
  group: string;
}

/** One command: everything that package.json and the editor need to know about it. */
export interface CommandDefinition {
  id: `gnuMlops.${string}`;
  title: string;
  /** A codicon: "$(play)". */
  icon?: string;
  /** Writes to the project, and so needs a workspace that is trusted. */
  writes?: boolean;
  /** When the palette lists it: where there is a config.yaml unless given. `never`: it needs a row of a view. */
  palette?: 'with config' | 'always' | 'never';
  menus?: MenuPlace[];
  /** @param args what a menu or a test gives it; the palette gives nothing */
  run(session: EditorSession, ...args: unknown[]): Promise<unknown>;
}

export const CATEGORY = 'GNU MLOps';

/** `contributes.commands` and `contributes.menus` of package.json, as the table has them. */
export function contributions(table: readonly CommandDefinition[]) {
  const commands = table.map(({ id, title, icon, writes }) => ({
    command: id,
    title,
    category: CATEGORY,
    ...(icon === undefined ? {} : { icon }),
    ...(writes ? { enablement: 'isWorkspaceTrusted' } : {}),
  }));
  const palette = table.flatMap(({ id, palette = 'with config' }) =>
    palette === 'always' ? [] : [{ command: id, when: palette === 'never' ? 'false' : 'gnuMlops.hasConfig' }],
  );
  const places = table.flatMap(({ id, menus = [] }) => menus.map((place) => ({ command: id, ...place })));
  const byMenu = Map.groupBy(places, ({ menu }) => menu);
  const menus = [...byMenu].map(([menu, entries]) => [
    menu,
    entries.map(({ command, when, group }) => ({ command, when, group })),
  ]);
  return { commands, menus: { commandPalette: palette, ...Object.fromEntries(menus) } };
}
