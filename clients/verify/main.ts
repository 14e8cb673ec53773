import { createOtpInput } from '../web/otpInput.js';
import { createCalls, Refused } from './calls.js';
import { createChannels, nameOf } from './channels.js';
import { createCountdown } from './countdown.js';
import { leave } from './leave.js';
import { createOpener } from './opener.js';
import type { PageJson, SessionJson } from './shapes.js';

const { ref = '', base = '', origins = '', words = '{}', page: known = '', now = '' } = document.body.dataset;
const say = JSON.parse(words) as Readonly<Record<string, string>>;
const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
/** How far the clock of this device is behind the service's, milliseconds. */
const skew = Number(now) - Date.now();

// Read once and taken out of the URL: not in the history, not in a Referer, not in what a browser syncs.
const carried = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, '', location.pathname);
const token = kept(carried.get('t'));
const opener = createOpener(origins.split(' '), carried.get('o') ?? '', carried.get('n') ?? '');
const { call, watch } = createCalls(base, token);

/** A reload finds the token again, in this tab alone. A frame has no storage: browsers that block third parties throw. */
function kept(given: string | null): string {
  if (window.parent !== window) return given ?? '';
  try {
    if (given) sessionStorage.setItem(`countersign.${ref}`, given);
    return given ?? sessionStorage.getItem(`countersign.${ref}`) ?? '';
  } catch {
    return given ?? '';
  }
}

const reasonOf = (thrown: unknown): string => (thrown instanceof Refused ? thrown.reason : 'trouble');
const wordsFor = (thrown: unknown): string => say[reasonOf(thrown)] ?? say.trouble ?? '';

async function start(): Promise<void> {
  const opening = document.getElementById('opening');
  // Without the token the server's forms do what they can.
  if (!token) return;
  const page: PageJson = known
    ? JSON.parse(known)
    : await call<PageJson>('otp.v1.VerificationPageService/GetVerificationPage', { ref });
  const parts = document.getElementById('parts');
  if (opening && parts instanceof HTMLTemplateElement) opening.replaceWith(parts.content);
  run(page);
}

function run(page: PageJson): void {
  let { session } = page;
  const problem = find('problem');
  const delivery = find('delivery');
  const said = find('said');
  const go = document.querySelector<HTMLButtonElement>('.go')!;
  const length = session.codeLength ?? 6;
  const box = createOtpInput(document, { length, name: 'code', onCode: () => void check() });
  const old = find('code');
  for (const name of ['id', 'aria-describedby']) box.element.setAttribute(name, old.getAttribute(name)!);
  // The label that everybody sees names it.
  box.element.removeAttribute('aria-label');
  const typed = find<HTMLInputElement>('code').value;
  const wasFocused = document.activeElement === old;
  old.replaceWith(box.element);
  // What was typed before this script had come.
  if (typed) {
    box.element.value = typed;
    box.element.dispatchEvent(new Event('input'));
  }

  const channels = createChannels({
    find,
    say,
    skew,
    resend: (channel) => void resend([channel]),
    switched: () => box.clear(),
  });
  const countdown = createCountdown({ find, say, skew });

  let isBusy = false;
  function show(next: SessionJson): boolean {
    session = next;
    channels.show(session);
    countdown.show(session);
    delivery.textContent = channels.hasFailed() ? say.failed! : '';
    const { status } = session;
    if (status === 'SESSION_STATUS_EXPIRED' && !problem.textContent)
      problem.textContent = say.SESSION_EXPIRED!;
    // The response to this page's own Verify has the proof; the stream may be faster, and has none.
    if (status === 'SESSION_STATUS_APPROVED' && !isBusy) void finish(undefined);
    const why = ENDED[status];
    if (why) end(why);
    return status === 'SESSION_STATUS_APPROVED' || why !== undefined;
  }

  async function check(): Promise<void> {
    if (isBusy || box.code.length < length) return;
    isBusy = true;
    go.setAttribute('aria-disabled', 'true');
    problem.textContent = '';
    box.element.removeAttribute('aria-invalid');
    try {
      const codes = { [nameOf(channels.current())]: box.code };
      const done = await call<{ session: SessionJson; verificationToken?: string }>(
        'otp.v1.OtpService/Verify',
        {
          codes,
        },
      );
      if (done.verificationToken) return void finish(done.verificationToken);
      box.clear();
      show(done.session);
    } catch (thrown) {
      const left = thrown instanceof Refused ? thrown.attemptsLeft : undefined;
      const tries = left === undefined ? '' : ` ${say.left!.replace('{n}', String(left))}`;
      box.element.setAttribute('aria-invalid', 'true');
      problem.textContent = reasonOf(thrown) === 'INVALID_CODE' ? `${say.wrong}${tries}` : wordsFor(thrown);
      box.clear();
    } finally {
      isBusy = false;
      go.removeAttribute('aria-disabled');
    }
  }

  async function resend(names: readonly string[]): Promise<void> {
    problem.textContent = '';
    try {
      const request = names.length > 0 ? { channels: names } : {};
      show((await call<{ session: SessionJson }>('otp.v1.OtpService/Resend', request)).session);
      said.textContent = say.sentAgain!;
      box.clear();
    } catch (thrown) {
      problem.textContent = wordsFor(thrown);
    }
  }

  let isFinished = false;
  async function finish(verificationToken: string | undefined): Promise<void> {
    if (isFinished) return;
    isFinished = true;
    box.close();
    notice(say.done!);
    if (opener.isFramed) {
      if (verificationToken) opener.tell('verified', { sessionId: session.id, verificationToken });
    } else leave(page, session.id, verificationToken);
  }

  function end(reason: string): void {
    if (isFinished) return;
    isFinished = true;
    box.close();
    notice(say[reason]!);
    opener.tell('ended', { status: session.status.replace('SESSION_STATUS_', '') });
  }

  on(find('check'), () => check());
  on(find('resend'), () => resend([]));
  const change = document.getElementById('change');
  if (change) {
    on(change, async () => {
      if (opener.isFramed) opener.tell('cancelled', { reason: 'recipient_change' });
      else leave(page, session.id, undefined, 'recipient_change');
    });
  }
  // A frame must not take the focus from the page around it.
  if (!opener.isFramed || wasFocused) box.element.focus();
  if (!show(session)) void watch(show);
  opener.tell('ready');
}

const ENDED: Readonly<Record<string, string>> = {
  SESSION_STATUS_CANCELED: 'SESSION_CANCELED',
  SESSION_STATUS_LOCKED: 'ATTEMPTS_EXHAUSTED',
};

function on(form: HTMLElement, submit: () => Promise<void>): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void submit();
  });
}

/** Leaves a sentence of everything that could be done, and the focus on it. */
function notice(text: string): void {
  const heading = document.querySelector('h1')!;
  for (const element of document.querySelectorAll('#sent,#opening,#check,#more')) element.remove();
  heading.textContent = text;
  heading.tabIndex = -1;
  heading.focus();
}

start().catch((thrown: unknown) => {
  notice(reasonOf(thrown) === 'trouble' ? say.trouble! : say.gone!);
  opener.tell('ended', { status: reasonOf(thrown) });
});
