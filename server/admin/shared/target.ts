import type { Call } from '../../call/call.js';
import type { Mode } from '../../domain/mode.js';
import { Failure } from '../../errors.js';
import { NAME } from './names.js';

/** Names every workspace in a request (AIP-159). */
export const ALL_WORKSPACES = '-';

/**
 * The workspace that a list is of, or undefined for all of them, which needs the
 * scope operator. Throws as targetWorkspace does.
 */
export function listedWorkspace(call: Call, requested: string): string | undefined {
  if (requested !== ALL_WORKSPACES) return targetWorkspace(call, requested);
  if (call.principal.scopes.has('operator')) return undefined;
  throw new Failure('PERMISSION_DENIED', { message: 'Listing all workspaces needs the scope operator.' });
}

/**
 * The workspace an operator's call acts on: the caller's own, or, with the scope
 * operator, the one it names, which need not exist. Throws PERMISSION_DENIED, or
 * NOT_FOUND for what cannot be a name.
 */
export function targetWorkspace({ principal }: Call, requested: string): string {
  if (!requested || requested === principal.workspace) return principal.workspace;
  if (!principal.scopes.has('operator')) {
    throw new Failure('PERMISSION_DENIED', {
      message: 'Acting on another workspace needs the scope operator.',
    });
  }
  if (!NAME.test(requested)) throw new Failure('NOT_FOUND');
  return requested;
}

/**
 * The mode an operator's call acts in: the caller's own, or, with the scope
 * operator, the one it names. Throws PERMISSION_DENIED.
 */
export function targetMode({ principal }: Call, requested: Mode | undefined): Mode {
  if (!requested || requested === principal.mode) return principal.mode;
  if (!principal.scopes.has('operator')) {
    throw new Failure('PERMISSION_DENIED', { message: 'Acting in the other mode needs the scope operator.' });
  }
  return requested;
}

/** What live traffic depends on is changed by live keys only. Throws PERMISSION_DENIED. */
export function requireLive({ principal }: Call): void {
  if (principal.mode !== 'live') {
    throw new Failure('PERMISSION_DENIED', {
      message: 'A test key cannot change what live traffic depends on.',
    });
  }
}
