import { create, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { SessionStatus } from '../../../gen/otp/v1/session_pb.js';
import {
  type GetVerificationPageResponse,
  ReturnMode,
  VerificationPageService,
} from '../../../gen/otp/v1/verification_page_service_pb.js';
import { channelName } from '../../domain/channels.js';
import { Failure, toFailure } from '../../errors.js';
import { readForm } from '../../http/body.js';
import { type HttpRequest, type HttpResponse, pathOf } from '../../http/message.js';
import { pageHeaders } from '../../http/pageHeaders.js';
import type { Route } from '../../http/router.js';
import type { Limiter } from '../../limits/limiter.js';
import { isOpener, type Pages, REF_SHAPE, type StoredPage } from '../../otp/pages/pages.js';
import type { Pipeline } from '../../pipeline/index.js';
import type { Clock } from '../../platform/clock.js';
import { MINUTE_MS } from '../../platform/durations.js';
import type { Random } from '../../platform/random.js';
import type { SessionTokens } from '../../secrets/tokens/sessionTokens.js';
import type { ScreenFiles } from '../files.js';
import { sendPage } from '../send.js';
import { returnLocation } from './comeBack.js';
import { currentChannel } from './current.js';
import { cookieJar, formTokenOf, isFormToken } from './formToken.js';
import { noticeHtml, onwardForm, pageHtml } from './html.js';
import { acceptedLanguages, createSpeak, type Words } from './words.js';

export interface VerificationRoutesDeps {
  readonly files: ScreenFiles;
  readonly pages: Pages;
  readonly pipeline: Pipeline;
  readonly sessionTokens: SessionTokens;
  readonly limiter: Limiter;
  readonly publicUrl: string | undefined;
  readonly peerOf: (req: HttpRequest) => string;
  readonly random: Random;
  readonly clock: Clock;
}

const PREFIX = '/v/';

/** One request for a page that exists. */
interface Visit {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly ref: string;
  readonly stored: StoredPage;
  readonly page: GetVerificationPageResponse;
}

/**
 * `/v/<ref>`: the page on which a person enters a code. Its script works with the
 * session token of the fragment, which no request carries. Its forms, for
 * browsers without script, work for the browser that loaded it first.
 */
export function verificationRoutes(deps: VerificationRoutesDeps): Route[] {
  const { files, pages, pipeline, sessionTokens, limiter, random, clock } = deps;
  const speak = createSpeak(files);
  const { js, css } = files.of('verify');
  const style = files.text(css).trim();
  const outside = deps.publicUrl === undefined ? undefined : new URL(deps.publicUrl);
  const base = outside?.pathname.replace(/\/$/, '') ?? '';

  const isSecure = (req: HttpRequest): boolean =>
    outside ? outside.protocol === 'https:' : 'encrypted' in req.socket;
  const hostOf = (req: HttpRequest): string =>
    outside?.host ?? ('authority' in req ? req.authority : req.headers.host) ?? '';
  const frameOf = (req: HttpRequest, uiLocale = '') => ({
    spoken: speak([uiLocale, ...acceptedLanguages(req.headers['accept-language'])].filter(Boolean)),
    base,
    host: hostOf(req),
    nonce: random.bytes(16).toString('base64'),
    style,
  });

  /** A call in the person's name, as the page's script would make it. */
  async function call<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M['input']>,
    { req, stored }: Pick<Visit, 'req' | 'stored'>,
  ): Promise<MessageShape<M['output']>> {
    const { workspace, mode, sessionId } = stored;
    const response = await pipeline.call(method, create(method.input, request) as MessageShape<M['input']>, {
      transport: 'page',
      credential: sessionTokens.issue({ workspace, mode, sessionId }, new Date(clock.now() + MINUTE_MS)),
      peer: deps.peerOf(req),
      signal: AbortSignal.timeout(MINUTE_MS),
    });
    return create(method.output, response) as MessageShape<M['output']>;
  }

  /** Throws SESSION_NOT_FOUND alike for a page that is unknown, has expired, or whose session has ended. */
  async function visit(req: HttpRequest, res: HttpResponse, ref: string): Promise<Visit> {
    const stored = await pages.find(ref);
    if (!stored) throw new Failure('SESSION_NOT_FOUND');
    await limiter.take('page', [{ rule: 'page-loads', key: stored._id }], {});
    const page = await call(VerificationPageService.method.getVerificationPage, { ref }, { req, stored });
    const status = page.session?.status ?? SessionStatus.UNSPECIFIED;
    if (ENDED.has(status)) throw new Failure('SESSION_NOT_FOUND');
    return { req, res, ref, stored, page };
  }

  function respond(
    { page, req, res }: Visit,
    { status = 200, html }: { status?: number; html: string },
    nonce: string,
  ): Promise<void> {
    const headers = pageHeaders({
      nonce,
      frameAncestors: page.embedOrigins,
      formAction: page.returnUrl ? [new URL(page.returnUrl).origin] : [],
      readsMessages: true,
    });
    return sendPage(req, res, { status, headers, html });
  }

  function show(visit: Visit, cookie: string | undefined, wrong = ''): Promise<void> {
    const { page, req, ref } = visit;
    const frame = frameOf(req, page.uiLocale);
    const hasExpired = page.session?.status === SessionStatus.EXPIRED;
    const problem = wrong || (hasExpired ? frame.spoken.words.SESSION_EXPIRED! : '');
    const formToken = cookie === undefined ? undefined : formTokenOf(cookie);
    const view = { ...frame, ref, script: js, page, formToken, problem, now: clock.now() };
    return respond(visit, { status: wrong ? 422 : 200, html: pageHtml(view) }, frame.nonce);
  }

  /** The first load of a browser gets the cookie; a look ahead at the link gets none. */
  async function load(visit: Visit): Promise<void> {
    const { req, res, ref, stored } = visit;
    const jar = cookieJar(isSecure(req));
    const given = jar.read(req);
    if (given !== undefined && isOpener(stored, given)) return show(visit, given);
    const isVisit = req.method === 'GET' && req.headers['sec-purpose'] === undefined;
    const fresh = random.bytes(16).toString('base64url');
    if (!isVisit || !(await pages.open(ref, fresh))) return show(visit, undefined);
    res.setHeader('set-cookie', jar.write(fresh, `${base}${PREFIX}${ref}`));
    return show(visit, fresh);
  }

  async function post(visit: Visit, action: string): Promise<void> {
    const { req, res, ref, stored, page } = visit;
    const form = await readForm(req, FORM_BYTES);
    const cookie = cookieJar(isSecure(req)).read(req) ?? '';
    if (!isOpener(stored, cookie) || !isFormToken(cookie, form.get('token') ?? ''))
      throw new Failure('PERMISSION_DENIED');
    const seeOther = (location: string) => {
      res.writeHead(303, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      res.end();
    };
    const sessionId = page.session?.id ?? '';
    if (action === 'change') {
      if (!page.allowRecipientChange || !page.returnUrl) throw new Failure('ROUTE_NOT_FOUND');
      return seeOther(returnLocation(page, sessionId, 'recipient_change'));
    }
    const { words } = frameOf(req, page.uiLocale).spoken;
    try {
      if (action === 'resend') {
        await call(OtpService.method.resend, {}, visit);
        return seeOther(`${base}${PREFIX}${ref}`);
      }
      const channel = currentChannel(page.session);
      const code = form.get('code') ?? '';
      const codes = channel && code ? { [channelName(channel.channel) ?? '']: code } : {};
      const { verificationToken } = await call(OtpService.method.verify, { codes }, visit);
      if (!verificationToken) return seeOther(`${base}${PREFIX}${ref}`);
      return done(visit, verificationToken, seeOther);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.row.status >= 500) throw failure;
      return show(visit, cookie, problemOf(failure, words));
    }
  }

  async function done(
    visit: Visit,
    verificationToken: string,
    seeOther: (location: string) => void,
  ): Promise<void> {
    const { req, page } = visit;
    const sessionId = page.session?.id ?? '';
    if (page.returnMode === ReturnMode.QUERY) {
      seeOther(returnLocation(page, sessionId));
      return;
    }
    const frame = frameOf(req, page.uiLocale);
    const { words } = frame.spoken;
    const fields = { state: page.state, session_id: sessionId, verification_token: verificationToken };
    const form =
      page.returnMode === ReturnMode.FORM_POST ? onwardForm(page.returnUrl, fields, words.check!) : '';
    await respond(visit, { html: noticeHtml(frame, page, { title: words.done!, form }) }, frame.nonce);
  }

  /** The same for every reason, so that a URL says nothing about what it once was. */
  function refuse(req: HttpRequest, res: HttpResponse, failure: Failure): Promise<void> {
    const frame = frameOf(req);
    const { words } = frame.spoken;
    const isBusy = failure.reason === 'RATE_LIMITED';
    const html = noticeHtml(frame, undefined, { title: isBusy ? words.limited! : words.gone! });
    const headers = pageHeaders({ nonce: frame.nonce });
    return sendPage(req, res, { status: isBusy ? 429 : 404, headers, html });
  }

  async function handle(req: HttpRequest, res: HttpResponse): Promise<void> {
    const [ref = '', action, ...more] = pathOf(req).slice(PREFIX.length).split('/');
    const isPost = req.method === 'POST';
    if (!REF_SHAPE.test(ref) || more.length > 0 || isPost !== (action !== undefined))
      return refuse(req, res, new Failure('ROUTE_NOT_FOUND'));
    if (action !== undefined && !ACTIONS.has(action)) return refuse(req, res, new Failure('ROUTE_NOT_FOUND'));
    try {
      const found = await visit(req, res, ref);
      if (action === undefined) await load(found);
      else await post(found, action);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.row.status >= 500 || res.headersSent) throw failure;
      req.resume();
      await refuse(req, res, failure);
    }
  }

  return [{ prefix: PREFIX, methods: ['GET', 'HEAD', 'POST'], handle }];
}

const ENDED: ReadonlySet<SessionStatus> = new Set([
  SessionStatus.APPROVED,
  SessionStatus.CANCELED,
  SessionStatus.LOCKED,
]);
const ACTIONS = new Set(['check', 'resend', 'change']);
/** A code, and the value of the form. */
const FORM_BYTES = 1_024;

/** Why a code was not accepted or no new one sent, in the person's words. */
function problemOf({ reason, details }: Failure, words: Words): string {
  const left = details.attemptsRemaining;
  const tries = left === undefined ? '' : ` ${words.left!.replace('{n}', String(left))}`;
  if (reason === 'INVALID_CODE' || reason === 'INVALID_REQUEST') return `${words.wrong}${tries}`;
  return words[reason] ?? words.trouble!;
}
