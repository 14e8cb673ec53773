/** One request, the same for every loader. */
export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What every answer of a round must be. One that is not fails the bench: it is never counted. */
export interface Expectation {
  readonly status: number;
  /** Bytes the answer's body holds. */
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
  /** Resolves when the last request is answered; rejects at the first answer that is not the expected one. */
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

/** Hands out the requests one by one, to whoever is free. */
export function inTurn<T>(items: readonly T[]): () => T | undefined {
  let next = 0;
  return () => items[next++];
}
