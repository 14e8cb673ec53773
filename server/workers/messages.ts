/** From a worker to the process that holds the port. */
export type FromWorker =
  | { readonly kind: 'ready' }
  /** Asks for the metrics of all workers. */
  | { readonly kind: 'scrape'; readonly id: number }
  /** Its own metrics, as it was asked. */
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string };

/** To a worker. */
export type ToWorker =
  | { readonly kind: 'stop' }
  /** Whether all workers are ready. */
  | { readonly kind: 'all ready'; readonly ready: boolean }
  | { readonly kind: 'give metrics'; readonly id: number }
  | { readonly kind: 'scraped'; readonly id: number; readonly texts: readonly string[] };
