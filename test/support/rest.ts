import { checkResponse } from './openapi.js';

/** A response of a REST API. */
export interface RestResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field that a document describes.
  readonly body: any;
}

/** Calls the REST APIs as client code does, and compares every response with what /openapi.json says of it. */
export interface Rest {
  /** A string or bytes are sent as they are, anything else as JSON. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<RestResponse>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<RestResponse>;
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<RestResponse>;
  /** Every response so far. */
  readonly responses: readonly RestResponse[];
}

export const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });
export const apiKey = (key: string) => ({ 'x-api-key': key });

/** `headers` go with every call: the credential, mostly. */
export function restClient(baseUrl: string, headers: Readonly<Record<string, string>> = {}): Rest {
  const responses: RestResponse[] = [];

  async function call(method: string, path: string, init: RequestInit): Promise<RestResponse> {
    const fetched = await fetch(baseUrl + path, { method, ...init });
    const { status, headers: fields } = fetched;
    const text = await fetched.text();
    const response = { status, headers: fields, text, body: JSON.parse(text) };
    responses.push(response);
    await checkResponse(baseUrl, method, path, status, response.body);
    return response;
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
    delete: (path, more) => call('DELETE', path, { headers: { ...headers, ...more } }),
    responses,
  };
}
