/** Where long work says how far it is. `total` may be unknown. */
export interface Progress {
  begin(what: string, total: number): void;
  advance(): void;
  end(): void;
}
