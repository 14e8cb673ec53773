/** One request, the same for every loader. */
export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What every response of a round must be. Any other fails the bench and is not counted. */
export interface Expectation {
  readonly status: number;
  /** Bytes that the response body must hold. */
  readonly holds: string;
}

/** What a loader does: each request once, `inFlight` of them under way at any time. */
export interface LoadPlan {
  readonly port: number;
  readonly requests: readonly Request[];
  readonly expect: Expectation;
  readonly inFlight: number;
}

/** One way to make requests. */
export interface Loader {
  /** Connects and prepares everything, which is not measured. */
  open(plan: LoadPlan): Promise<Load>;
}

export interface Load {
  /** Resolves with the response to the last request; rejects at the first unexpected response. */
  run(): Promise<void>;
  close(): void;
}

/** A JSON request of anyone who has an API key. */
export function jsonRequest(path: string, apiKey: string, body: unknown): Request {
  return request(path, apiKey, 'application/json', Buffer.from(JSON.stringify(body)));
}

export function request(path: string, apiKey: string, mediaType: string, body: Buffer): Request {
  return { path, headers: { 'content-type': mediaType, authorization: `Bearer ${apiKey}` }, body };
}

/** Hands out the requests one by one to free connections. */
export function inTurn<T>(items: readonly T[]): () => T | undefined {
  let next = 0;
  return () => items[next++];
}
