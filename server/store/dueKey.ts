/**
 * The key by which due documents are found, workspace by workspace: the
 * workspace, then the time as 13 digits of milliseconds. In the order of time
 * alone the work of one workspace would hide that of all others.
 */
export const dueKey = (workspace: string, at: Date): string =>
  `${workspace}/${String(at.getTime()).padStart(13, '0')}`;

/** After the keys of every workspace: names of workspaces have no "~". */
export const AFTER_ALL_KEYS = '~';

/** The workspace of a key. */
export const workspaceOfKey = (key: string): string => key.slice(0, key.indexOf('/'));

/** After all keys of that workspace: "0" is the character after "/". */
export const afterKeysOf = (workspace: string): string => `${workspace}0`;
