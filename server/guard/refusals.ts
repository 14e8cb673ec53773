import type { Mode } from '../domain/mode.js';
import type { GuardRule, RefusedRecipient } from './stored.js';

/** What is known of a refused send. It is stored with the refusals of every other reason; see admin/refusals. */
export interface Refused {
  readonly workspace: string;
  readonly mode: Mode;
  readonly client: string;
  /** Of a resend. */
  readonly sessionId?: string;
  readonly purpose: string;
  readonly rules: readonly GuardRule[];
  readonly recipients: readonly RefusedRecipient[];
  /** The reason the veto gave, or why there was no response. */
  readonly detail?: string;
}

/** Counts refused sends. */
export type NoteRefused = (refused: Refused) => void;
