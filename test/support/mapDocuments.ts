import type { Documents, Filter, Update } from '../../server/store/documents.js';
import { DuplicateKey } from '../../server/store/documents.js';

type Stored = Record<string, unknown> & { _id: string };

/** As much of the document port as the key ring uses, on a Map. Every call takes a turn of the event loop, as a store does. */
export class MapDocuments {
  readonly byId = new Map<string, Stored>();
  /** Called before each operation; may throw, or change the documents as another process would. */
  before: (operation: string) => void = () => {};

  collection = (() => ({
    insertOne: async (document: Stored) => {
      await this.#turn('insertOne');
      if (this.byId.has(document._id)) throw new DuplicateKey(document._id);
      this.byId.set(document._id, structuredClone(document));
    },
    findOne: async (filter: Filter) => {
      await this.#turn('findOne');
      return structuredClone(this.byId.get(filter._id as string) ?? null);
    },
    findOneAndUpdate: async (filter: Filter, { $set, $inc, $push }: Update) => {
      await this.#turn('findOneAndUpdate');
      const document = this.byId.get(filter._id as string);
      if (!document || ('rev' in filter && filter.rev !== document.rev)) return null;
      Object.assign(document, structuredClone($set));
      for (const [path, by] of Object.entries($inc ?? {})) document[path] = (document[path] as number) + by;
      for (const [path, { $each, $position }] of Object.entries($push ?? {})) {
        const old = document[path] as unknown[];
        document[path] =
          $position === 0 ? [...structuredClone($each), ...old] : [...old, ...structuredClone($each)];
      }
      return structuredClone(document);
    },
  })) as unknown as Documents['collection'];

  async #turn(operation: string): Promise<void> {
    await new Promise(setImmediate);
    this.before(operation);
  }
}
