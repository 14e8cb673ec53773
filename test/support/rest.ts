import { checkAnswer } from './openapi.js';

/** An answer of a REST door. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever a document says is there.
  readonly body: any;
}

/** Calls the REST doors as a partner's code does, and holds every answer against what /openapi.json says of it. */
export interface Rest {
  /** A string or bytes are sent as they are, anything else as JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<RestAnswer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<RestAnswer>;
  /** Every header and body answered so far. */
  answered(): string;
}

export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
export const apiKey = (key: string) => ({ 'x-api-key': key });

/** `headers` go with every call: the credential, mostly. */
export function restClient(baseUrl: string, headers: Readonly<Record<string, string>> = {}): Rest {
  const seen: string[] = [];

  async function call(method: string, path: string, init: RequestInit): Promise<RestAnswer> {
    const answer = await fetch(baseUrl + path, { method, ...init });
    const text = await answer.text();
    seen.push([...answer.headers].map((field) => field.join(': ')).join('\n'), text);
    const body = JSON.parse(text);
    await checkAnswer(baseUrl, method, path, answer.status, body);
    return { status: answer.status, headers: answer.headers, text, body };
  }

  return {
    post(path, body, more) {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      return call('POST', path, {
        headers: { 'content-type': 'application/json', ...headers, ...more },
        body: raw ? (body as BodyInit) : JSON.stringify(body),
      });
    },
    get: (path, more) => call('GET', path, { headers: { ...headers, ...more } }),
    answered: () => seen.join('\n'),
  };
}
