import type { Imports } from './imports.js';
import { BELOW_ALL, LAYERS } from './table.js';

/** A room and its layer. */
interface Room {
  readonly name: string;
  /** 0 at the top. */
  readonly layer: number;
  readonly outside: readonly string[];
}

const ROOMS: readonly Room[] = LAYERS.flatMap(({ rooms, outside = [] }, layer) =>
  rooms.map((room) => ({ name: room, layer, outside })),
);

/** The room of a file, by the longest entry of the table that fits; undefined where none does. */
function roomOf(file: string): Room | undefined {
  const path = file.replace(/^server\//, '');
  return ROOMS.filter(({ name }) => path === name || path.startsWith(`${name}/`)).sort(
    (a, b) => b.name.length - a.name.length,
  )[0];
}

/** Files of server/ that belong to no room of the table. */
export const withoutRoom = (imports: Imports): string[] =>
  [...imports.keys()].filter((file) => roomOf(file) === undefined);

/** Entries of the table that no file belongs to. */
export const emptyRooms = (imports: Imports): string[] => {
  const used = new Set([...imports.keys()].map((file) => roomOf(file)?.name));
  return ROOMS.map(({ name }) => name).filter((name) => !used.has(name));
};

/** Imports that go up, sideways or out of server/, each as `importer → imported`. */
export function forbiddenImports(imports: Imports): string[] {
  return [...imports].flatMap(([file, imported]) =>
    imported.filter((target) => !isAllowed(file, target)).map((target) => `${file} → ${target}`),
  );
}

function isAllowed(file: string, target: string): boolean {
  const from = roomOf(file);
  const outside = [...BELOW_ALL, ...(from?.outside ?? [])];
  if (outside.some((folder) => target.startsWith(`${folder}/`))) return true;
  const to = target.startsWith('server/') ? roomOf(target) : undefined;
  if (!from || !to) return false;
  return to.name === from.name || to.layer > from.layer;
}

/** Files that import each other, directly or through others: each circle once, its files sorted (Tarjan). */
export function circles(imports: Imports): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];

  function visit(file: string): number {
    const own = order.size;
    order.set(file, own);
    lowest.set(file, own);
    open.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!imports.has(target)) continue;
      const reached = order.has(target) ? (open.includes(target) ? order.get(target)! : own) : visit(target);
      lowest.set(file, Math.min(lowest.get(file)!, reached));
      if (target === file) found.push([file]);
    }
    if (lowest.get(file) === own) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) found.push(circle.sort());
    }
    return lowest.get(file)!;
  }

  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return found;
}
