import { createHash } from 'node:crypto';
import type { Mode } from '../../domain/mode.js';
import type { Clock } from '../../platform/clock.js';
import type { Document, Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';

/** How the result of a page comes back. */
export type ReturnModeName = 'QUERY' | 'FORM_POST' | 'EMBED';

/** A verification page, `_id` = SHA-256 of its reference, which itself is not stored. */
export interface StoredPage extends Document {
  readonly workspace: string;
  /** Of its session. */
  readonly mode: Mode;
  readonly sessionId: string;
  readonly returnMode: ReturnModeName;
  /** Absent with EMBED. */
  readonly returnUrl?: string;
  readonly state: string;
  readonly embedOrigins: readonly string[];
  /** Absent: that of the browser. */
  readonly uiLocale?: string;
  readonly allowRecipientChange?: true;
  /** Keyed fingerprint of the request, where it has a request id. */
  readonly request?: string;
  /** SHA-256 of the cookie of the browser that loaded it first: the only one whose forms work. */
  readonly openedBy?: string;
  readonly expiresAt: Date;
  readonly purgeAt: Date;
}

/** A page as it is made. */
export type NewPage = Omit<StoredPage, '_id' | 'purgeAt' | 'openedBy'>;

/** The verification pages of all workspaces. */
export interface Pages {
  /** A page that still works, by its reference. */
  find(ref: string): Promise<StoredPage | undefined>;
  /** False, and nothing done, where there is one by that reference. */
  insert(ref: string, page: NewPage): Promise<boolean>;
  /** Whether the browser with this cookie is the first that loaded the page. */
  open(ref: string, cookie: string): Promise<boolean>;
}

/** 128 random bits in base64url. */
export const REF_SHAPE = /^[\w-]{22}$/;

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Whether a cookie is the one that a page was first loaded with. */
export const isOpener = ({ openedBy }: StoredPage, cookie: string): boolean =>
  openedBy !== undefined && openedBy === digest(cookie);

export function createPages(documents: Documents, clock: Clock): Pages {
  const pages = documents.collection<StoredPage>('pages');
  return {
    async find(ref) {
      if (!REF_SHAPE.test(ref)) return undefined;
      const page = await pages.findOne({ _id: digest(ref) });
      return page && page.expiresAt.getTime() > clock.now() ? page : undefined;
    },
    insert: (ref, page) => insertOnce(pages, { ...page, _id: digest(ref), purgeAt: page.expiresAt }),
    async open(ref, cookie) {
      const opened = await pages.findOneAndUpdate(
        { _id: digest(ref), openedBy: null },
        { $set: { openedBy: digest(cookie) } },
      );
      return opened !== null;
    },
  };
}
