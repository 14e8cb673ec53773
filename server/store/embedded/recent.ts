import type { Stored } from './codec.js';

/** How many documents of a collection are kept, and how long a text may be to be kept. */
const KEEP = 2000;
const LONGEST = 16 * 1024;

/**
 * The documents that were written or changed last, because what was just
 * written is what is changed next: an update that finds its document here need
 * not read and parse it, which is a third of its cost. Only the writer looks
 * here, inside a transaction, and forgets everything when another process has
 * written or a batch was undone.
 */
export class RecentDocuments {
  readonly #documents = new Map<string, Stored>();

  get(id: string): Stored | undefined {
    return this.#documents.get(id);
  }

  set(id: string, document: Stored, length: number): void {
    this.#documents.delete(id);
    if (length > LONGEST) return;
    if (this.#documents.size >= KEEP) {
      const [oldest] = this.#documents.keys();
      this.#documents.delete(oldest!);
    }
    this.#documents.set(id, document);
  }

  delete(id: string): void {
    this.#documents.delete(id);
  }

  clear(): void {
    this.#documents.clear();
  }
}
