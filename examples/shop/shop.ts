import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createCountersign, type Expected, type Proof } from './countersign.js';
import { document, paymentPage, STYLE, signInPage } from './html.js';

interface Options {
  /** URL of Countersign. */
  readonly service: string;
  readonly apiKey: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** The shop, while it is open. */
export interface Shop {
  readonly url: string;
  close(): void;
}

/** What the shop remembers of a person whom it has sent away to enter a code. */
interface Begun extends Expected {
  readonly state: string;
  readonly sessionId: string;
}

const handle = () => randomBytes(16).toString('base64url');

/** A small backend that signs people in by a code, and has them confirm a payment by one. */
export async function startShop({ service, apiKey, port }: Options): Promise<Shop> {
  const countersign = createCountersign(service, apiKey);
  const otp = new URL(service).origin;
  /** By the value of the browser's cookie. */
  const begun = new Map<string, Begun>();
  /** What was posted back, until the browser comes for it by GET. */
  const posted = new Map<string, URLSearchParams>();
  const server = createServer((req, res) => {
    route(req, res).catch((error: Error) =>
      send(res, 500, document('Something went wrong', `<p>${error.name}</p>`)),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  await countersign.allow(url);

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(req.url ?? '/', url);
    const form = req.method === 'POST' ? new URLSearchParams(await text(req)) : new URLSearchParams();
    switch (`${req.method} ${pathname}`) {
      case 'GET /':
        return send(res, 200, signInPage());
      case 'GET /shop.css':
        res.writeHead(200, { 'content-type': 'text/css' });
        res.end(STYLE);
        return;
      case 'POST /sign-in':
        return begin(res, form);
      case 'GET /back':
        return finish(req, res, searchParams);
      case 'POST /back': {
        // A POST from another site carries no SameSite=Lax cookie: the GET that follows does.
        const id = handle();
        posted.set(id, form);
        return seeOther(res, `/finish?id=${id}`);
      }
      case 'GET /finish': {
        const id = searchParams.get('id') ?? '';
        const back = posted.get(id) ?? new URLSearchParams();
        posted.delete(id);
        return finish(req, res, back);
      }
      case 'POST /basket':
        return basket(res, form);
      case 'POST /pay':
        return pay(req, res, form);
      default:
        return send(res, 404, document('There is nothing here', ''));
    }
  }

  /** Sends the browser to the page. `state` is bound to this browser by its cookie. */
  async function begin(res: ServerResponse, form: URLSearchParams): Promise<void> {
    const recipient = form.get('recipient') ?? '';
    const state = handle();
    const operation = { type: 'sign_in', id: handle() };
    const page = await countersign.createPage({
      send: { recipients: channelOf(recipient), operation, purpose: 'sign_in' },
      returnUrl: `${url}/back`,
      returnMode: form.get('mode') === 'post' ? 'RETURN_MODE_FORM_POST' : 'RETURN_MODE_QUERY',
      state,
      allowRecipientChange: true,
      uiLocale: form.get('locale') ?? '',
    });
    remember(res, { recipient, operation, state, sessionId: page.session.id });
    seeOther(res, page.url);
  }

  /** The browser is back. Without its own state, another person's link would sign this person in as them. */
  async function finish(req: IncomingMessage, res: ServerResponse, back: URLSearchParams): Promise<void> {
    const known = recall(req);
    if (!known || back.get('state') !== known.state || back.get('session_id') !== known.sessionId)
      return send(
        res,
        403,
        document('This sign-in was not begun here', '<p><a href="/">Begin again</a></p>'),
      );
    if (back.get('error') === 'recipient_change') return seeOther(res, '/');
    const verificationToken = back.get('verification_token');
    const proof: Proof = verificationToken ? { verificationToken } : { sessionId: known.sessionId };
    const isProven = await countersign.redeem(proof, {
      recipient: known.recipient,
      operation: known.operation,
    });
    forget(req);
    if (!isProven)
      return send(res, 403, document('That was not confirmed', '<p><a href="/">Begin again</a></p>'));
    send(res, 200, document('You are signed in', '<p>The shop knows that this address is yours.</p>'));
  }

  /** A payment, with the page in a frame of the shop's own. */
  async function basket(res: ServerResponse, form: URLSearchParams): Promise<void> {
    const recipient = form.get('recipient') ?? '';
    const operation = { type: 'payment', id: handle() };
    const page = await countersign.createPage({
      send: { recipients: channelOf(recipient), operation, purpose: 'payment' },
      returnMode: 'RETURN_MODE_EMBED',
      embedOrigins: [form.get('origin') ?? url],
      uiLocale: form.get('locale') ?? '',
    });
    remember(res, { recipient, operation, state: '', sessionId: page.session.id });
    send(res, 200, paymentPage(otp, page.url));
  }

  async function pay(req: IncomingMessage, res: ServerResponse, form: URLSearchParams): Promise<void> {
    const known = recall(req);
    const verificationToken = form.get('otp_token') ?? '';
    const isProven =
      known !== undefined &&
      verificationToken !== '' &&
      (await countersign.redeem(
        { verificationToken },
        { recipient: known.recipient, operation: known.operation },
      ));
    forget(req);
    if (isProven) send(res, 200, document('Paid', '<p>Thank you.</p>'));
    else send(res, 403, document('Not paid', '<p>The payment was not confirmed.</p>'));
  }

  const cookieOf = (req: IncomingMessage) =>
    /(?:^|; )shop=([\w-]+)/.exec(req.headers.cookie ?? '')?.[1] ?? '';
  const recall = (req: IncomingMessage) => begun.get(cookieOf(req));
  const forget = (req: IncomingMessage) => begun.delete(cookieOf(req));
  function remember(res: ServerResponse, what: Begun): void {
    const id = handle();
    begun.set(id, what);
    res.setHeader('set-cookie', `shop=${id}; HttpOnly; SameSite=Lax; Path=/`);
  }

  function send(res: ServerResponse, status: number, html: string): void {
    const policy = `default-src 'none'; script-src ${otp}; frame-src ${otp}; style-src 'self'; form-action 'self' ${otp}`;
    res.writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    res.end(html);
  }

  return { url, close: () => server.close() };
}

const channelOf = (recipient: string) =>
  recipient.includes('@') ? { email: recipient } : { sms: recipient };

function seeOther(res: ServerResponse, location: string): void {
  res.writeHead(303, { location, 'cache-control': 'no-store' });
  res.end();
}
