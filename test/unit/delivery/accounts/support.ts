import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request to send that Twilio received. */
interface Received {
  readonly user: string;
  readonly form: URLSearchParams;
  readonly sid: string;
}

/** Twilio's API as accounts use it: accepts messages for the tokens that it is given. */
export async function startTwilio() {
  const received: Received[] = [];
  const tokens = new Set<string>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const user = Buffer.from(`${request.headers.authorization}`.slice(6), 'base64').toString();
    const isKnown = tokens.has(user.split(':')[1] ?? '');
    response.setHeader('content-type', 'application/json');
    if (!isKnown) {
      response.writeHead(401).end('{"code":20003,"message":"Authenticate"}');
    } else if (request.method === 'GET') {
      response.writeHead(200).end('{}');
    } else {
      const sid = `SM${String(received.length).padStart(32, '0')}`;
      received.push({ user, form: new URLSearchParams(body), sid });
      response.writeHead(201).end(JSON.stringify({ sid }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    tokens,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

export type Twilio = Awaited<ReturnType<typeof startTwilio>>;

/** Settings of an account with it. */
export const twilioAccount = (twilio: Twilio, name: string, token: string) => ({
  name,
  kind: 'twilio',
  settings: { account_sid: `AC${'1'.repeat(32)}`, from: '+15005550006', url: twilio.url },
  secrets: { auth_token: token },
});

/** A status callback, signed by hand. */
export function statusCallback(url: string, token: string, sid: string, status = 'delivered') {
  const form = { MessageSid: sid, MessageStatus: status };
  const fields = Object.entries(form).flat().join('');
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': createHmac('sha1', token).update(`${url}${fields}`).digest('base64'),
    },
    body: new URLSearchParams(form).toString(),
  };
}
