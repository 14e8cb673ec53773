import type { Template } from '../../delivery/defaultTemplates.js';
import type { MessageKind } from '../../delivery/messageKind.js';
import { canonicalLocale, languageOf } from '../../domain/locales.js';
import type { Clock } from '../../platform/clock.js';
import { below } from '../../store/documentId.js';
import type { Collection, Documents } from '../../store/documents.js';
import { createTtlCache } from '../../store/ttlCache.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { type StoredTemplate, templateKey, templateOf } from './stored.js';

/** Finds the template of a message. */
export interface Templates {
  /**
   * The workspace's own template for a message in that language: the exact
   * language, else without its region, else the workspace's. Undefined where
   * there is none of these and the built-in message is meant.
   */
  find(workspace: string, kind: MessageKind, locale: string): Promise<Template | undefined>;
  /** Reads the workspace's templates of a kind again the next time. */
  forget(workspace: string, kind: MessageKind): void;
}

export function createTemplates(documents: Documents, workspaces: Workspaces, clock: Clock): Templates {
  const stored: Collection<StoredTemplate> = documents.collection('templates');
  const prefixOf = (workspace: string, kind: MessageKind) => `${workspace}/${templateKey(kind)}`;

  const byLocale = createTtlCache(async (prefix): Promise<ReadonlyMap<string, Template>> => {
    const found = await stored.find({ _id: below(prefix) }).toArray();
    return new Map(found.map((template) => [template.locale, templateOf(template)]));
  }, clock);

  return {
    async find(workspace, kind, locale) {
      const own = await byLocale.get(prefixOf(workspace, kind));
      if (own.size === 0) return undefined;
      const { locale: standard } = await workspaces.get(workspace);
      for (const wanted of [locale, standard]) {
        const exact = canonicalLocale(wanted);
        const found = exact && (own.get(exact) ?? own.get(languageOf(exact)));
        if (found) return found;
      }
      return undefined;
    },
    forget: (workspace, kind) => byLocale.forget(prefixOf(workspace, kind)),
  };
}
