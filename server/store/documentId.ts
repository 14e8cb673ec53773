interface Addressed {
  readonly _id: string;
}

/** The workspace a document belongs to: its `_id` up to the first slash. */
export const workspaceOf = ({ _id }: Addressed): string => _id.slice(0, _id.indexOf('/'));

/** What a document is called within its workspace: its `_id` after the first slash; of a session its UUID. */
export const idOf = ({ _id }: Addressed): string => _id.slice(_id.indexOf('/') + 1);
/** The part of an `_id` before its last slash, and the one behind it. */
export function splitLast(_id: string): readonly [string, string] {
  const slash = _id.lastIndexOf('/');
  return [_id.slice(0, slash), _id.slice(slash + 1)];
}

/** The ids below a path: those that begin with it and a slash. "0" is the character after "/". */
export const below = (path: string) => ({ $gte: `${path}/`, $lt: `${path}0` }) as const;
