/** How a counted limit stands after this call; what the X-RateLimit headers say. */
export interface RateLimit {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the oldest counted call leaves the window. */
  readonly resetMs: number;
}
