import type { DescMethod } from '@bufbuild/protobuf';
import { connectJson } from '../../support/connectJson.js';

/** All that a caller learns, without what differs between any two responses. */
export interface RpcResponse {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field of the contract.
  readonly body: any;
}

/** Calls any method of the contract, those that stream as far as their first message. */
export function asking(baseUrl: string, credential: string) {
  const unary = connectJson(baseUrl, credential);
  return async (method: DescMethod, request: object): Promise<RpcResponse> => {
    const path = `${method.parent.typeName}/${method.name}`;
    if (method.methodKind === 'unary') {
      const { status, reason, headers, body } = await unary(path, request);
      return { status, reason, body, headers: lasting(headers) };
    }
    const response = await fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+json', authorization: `Bearer ${credential}` },
      body: frame(Buffer.from(JSON.stringify(request))),
    });
    const body = await firstMessage(response);
    const info = body.error?.details?.find(({ type }: { type: string }) => type === 'google.rpc.ErrorInfo');
    // A stream says how it ended in its last message; its status is always 200.
    const status = body.error?.code === 'not_found' ? 404 : body.error ? 400 : response.status;
    return { status, reason: info?.debug?.reason, body, headers: lasting(response.headers) };
  };
}

const lasting = (headers: Headers): Record<string, string> => {
  const { date: _date, 'x-request-id': _id, ...rest } = Object.fromEntries(headers);
  return rest;
};

const HEAD = 5;

function frame(message: Buffer): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The first message of a stream, which for a refusal is also its last; then hangs up. */
async function firstMessage(response: Response): Promise<RpcResponse['body']> {
  const reader = response.body!.getReader();
  let received = Buffer.alloc(0);
  for (;;) {
    const length = received.length < HEAD ? undefined : received.readUInt32BE(1);
    if (length !== undefined && received.length >= HEAD + length) break;
    const { done, value } = await reader.read();
    if (done) throw new Error(`the stream ended with: ${received}`);
    received = Buffer.concat([received, value]);
  }
  await reader.cancel();
  return JSON.parse(received.subarray(HEAD, HEAD + received.readUInt32BE(1)).toString());
}
