import { toJson } from '@bufbuild/protobuf';
import type { GetVerificationPageResponse } from '../../../gen/otp/v1/verification_page_service_pb.js';
import { GetVerificationPageResponseSchema } from '../../../gen/otp/v1/verification_page_service_pb.js';
import { escapeHtml, ICON } from '../html.js';
import { brandColours } from './colour.js';
import { currentChannel } from './current.js';
import type { Spoken } from './words.js';

/** What every page of the service's own for people has in common. */
interface Frame {
  readonly spoken: Spoken;
  /** The path of the service, without a slash at its end. */
  readonly base: string;
  readonly host: string;
  readonly nonce: string;
  readonly style: string;
}

/** A page, as it is served. */
export interface PageHtml extends Frame {
  readonly ref: string;
  readonly script: string;
  readonly page: GetVerificationPageResponse;
  /** The value that its forms have to carry; without one, this browser gets neither forms nor anything about the person. */
  readonly formToken: string | undefined;
  /** What went wrong with what the form sent. */
  readonly problem: string;
  readonly now: number;
}

/** The page on which a person enters a code: it works before any script, and without. */
export function pageHtml(view: PageHtml): string {
  const { spoken, page, base, ref, formToken } = view;
  const { words } = spoken;
  const known =
    formToken === undefined ? '' : JSON.stringify(toJson(GetVerificationPageResponseSchema, page));
  const data = {
    ref,
    base,
    origins: page.embedOrigins.join(' '),
    words: JSON.stringify(words),
    now: String(view.now),
    ...(known && { page: known }),
  };
  const attributes = Object.entries(data).map(([name, value]) => ` data-${name}="${escapeHtml(value)}"`);
  const parts = partsHtml(view);
  const shown =
    formToken === undefined
      ? `<p id="opening">${escapeHtml(words.opening!)}</p><template id="parts">${parts}</template>`
      : parts;
  return document(view, page, {
    head: `<script type="module" src="${base}/screens/${view.script}"></script>`,
    body: attributes.join(''),
    main: `<h1>${escapeHtml(words.title!)}</h1>${shown}<p class="warn">${escapeHtml(words.warn!)}${helpHtml(view)}</p>`,
  });
}

function helpHtml({ page, spoken }: PageHtml): string {
  return page.supportUrl
    ? ` <a href="${escapeHtml(page.supportUrl)}" rel="noopener noreferrer" target="_blank">${escapeHtml(spoken.words.help!)}</a>`
    : '';
}

function partsHtml({ spoken, page, base, ref, formToken, problem }: PageHtml): string {
  const { words } = spoken;
  const to = formToken === undefined ? '' : (currentChannel(page.session)?.maskedRecipient ?? '');
  const say = (name: string) => escapeHtml(words[name]!);
  const sent = say('sent').replace('{to}', `<bdi dir="ltr" id="to">${escapeHtml(to)}</bdi>`);
  const token = `<input type="hidden" name="token" value="${formToken ?? ''}">`;
  const at = `${base}/v/${ref}`;
  const change = page.allowRecipientChange
    ? `<form id="change" method="post" action="${at}/change">${token}<button class="link">${say('change')}</button></form>`
    : '';
  return `<p id="sent">${sent}</p>
<form id="check" method="post" action="${at}/check">${token}
<label for="code">${say('label')} <span id="step"></span></label>
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" required dir="ltr" autocapitalize="off" spellcheck="false" aria-describedby="problem sent"${problem ? ' aria-invalid="true"' : ''}>
<p id="problem" role="alert">${escapeHtml(problem)}</p>
<button class="go">${say('check')}</button>
</form>
<div id="more">
<p id="delivery" role="status"></p>
<form id="resend" method="post" action="${at}/resend">${token}<button class="link">${say('resend')}</button></form>
<p id="countdown" aria-hidden="true"></p>
<p id="said" role="status" class="hidden"></p>
<div id="channels"></div>
${change}
</div>
`;
}

/** A page with a text and nothing to do: it has ended, or leads on. */
export function noticeHtml(
  frame: Frame,
  brand: Parameters<typeof document>[1],
  { title, text = '', form = '' }: { title: string; text?: string; form?: string },
): string {
  const paragraph = text && `<p>${escapeHtml(text)}</p>`;
  return document(frame, brand, {
    head: '',
    body: '',
    main: `<h1>${escapeHtml(title)}</h1>${paragraph}${form}`,
  });
}

/** A form that takes what a page proved to where it came from, for browsers without script. */
export function onwardForm(url: string, fields: Readonly<Record<string, string>>, label: string): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  );
  return `<form method="post" action="${escapeHtml(url)}">${inputs.join('')}<button class="go">${escapeHtml(label)}</button></form>`;
}

/** The brand stands beside it. By its path: it is reached at the same host as the page. */
function logoHtml({ brand, logoUrl }: Pick<GetVerificationPageResponse, 'brand' | 'logoUrl'>): string {
  const path = logoUrl.replace(/^https?:\/\/[^/]+/, '');
  return path
    ? `<img src="${escapeHtml(path)}" alt="" height="32">`
    : `<span class="logo" aria-hidden="true">${escapeHtml([...brand][0] ?? '')}</span>`;
}

function document(
  { spoken, nonce, style, host }: Frame,
  brand: Pick<GetVerificationPageResponse, 'brand' | 'brandColor' | 'logoUrl' | 'showHost'> | undefined,
  { head, body, main }: { head: string; body: string; main: string },
): string {
  const { brand: colour, on } = brandColours(brand?.brandColor ?? '');
  const name = escapeHtml(brand?.brand ?? '');
  const title = [escapeHtml(spoken.words.title!), name].filter(Boolean).join(' · ');
  const who = brand
    ? `<p class="who">${logoHtml(brand)} <b>${name}</b> ${
        brand.showHost ? `<span class="host">${escapeHtml(host)}</span>` : ''
      }</p>`
    : '';
  return `<!doctype html>
<html lang="${spoken.language}" dir="${spoken.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style nonce="${nonce}">${style}:root{--brand:${colour};--on-brand:${on}}</style>
${head}
</head>
<body${body}>
<main>${who}${main}</main>
</body>
</html>
`;
}
