import type { DescMethod } from '@bufbuild/protobuf';
import { connectJson } from '../../support/connectJson.js';

/** All a caller is told, but what differs from answer to answer anyway. */
export interface Told {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the contract says is there.
  readonly body: any;
}

/** Calls any method of the contract, those that stream as far as their first message. */
export function asking(baseUrl: string, credential: string) {
  const unary = connectJson(baseUrl, credential);
  return async (method: DescMethod, request: object): Promise<Told> => {
    const path = `${method.parent.typeName}/${method.name}`;
    if (method.methodKind === 'unary') {
      const { status, reason, headers, body } = await unary(path, request);
      return { status, reason, body, headers: lasting(headers) };
    }
    const answer = await fetch(`${baseUrl}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+json', authorization: `Bearer ${credential}` },
      body: frame(Buffer.from(JSON.stringify(request))),
    });
    const body = await firstMessage(answer);
    const info = body.error?.details?.find(({ type }: { type: string }) => type === 'google.rpc.ErrorInfo');
    // A stream says how it ended in its last message, whatever its status.
    const status = body.error?.code === 'not_found' ? 404 : body.error ? 400 : answer.status;
    return { status, reason: info?.debug?.reason, body, headers: lasting(answer.headers) };
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
async function firstMessage(answer: Response): Promise<Told['body']> {
  const reader = answer.body!.getReader();
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
