/** Options of the input for a code. */
export interface OtpInputOptions {
  /** Digits of the code: `codeLength` of the session. Default 6. */
  readonly length?: number;
  /** Its label for screen readers. Default "One-time code". */
  readonly label?: string;
  /** Its name in a form. Default "otp". */
  readonly name?: string;
  /** Called once for every complete code, whether typed, pasted or filled in. */
  readonly onCode?: (code: string) => void;
}

/** One input for the whole code. */
export interface OtpInput {
  /** For the page to place and style. */
  readonly element: HTMLInputElement;
  /** The digits entered so far. */
  readonly code: string;
  /** Empties the input for another attempt and focuses it. */
  clear(): void;
  /** Stops waiting for a text message. Call it when the input is removed from the page. */
  close(): void;
}

/** What WebOTP adds to the Credential Management API; the DOM's own types do not know it yet. */
interface WebOtp {
  get(options: {
    readonly otp: { readonly transport: readonly ['sms'] };
    readonly signal: AbortSignal;
  }): Promise<{ readonly code?: string } | null>;
}

/**
 * Creates the input that a person enters a code in. One input and not one for
 * each digit, because browsers and password managers fill in one and screen
 * readers read one (WCAG 2.2, 1.3.5 and 3.3.8). `autocomplete="one-time-code"` lets a browser
 * offer the code of a text message; where there is WebOTP, a message whose last
 * line is `@host #code` fills it in.
 */
export function createOtpInput(document: Document, options: OtpInputOptions = {}): OtpInput {
  const { length = 6, label = 'One-time code', name = 'otp', onCode } = options;
  const element = document.createElement('input');
  // No maxlength: it would cut off a pasted "123 456" before the space is taken out.
  const attributes = {
    type: 'text',
    name,
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    pattern: `[0-9]{${length}}`,
    required: '',
    autocapitalize: 'off',
    spellcheck: 'false',
    dir: 'ltr',
    'aria-label': label,
  };
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);

  const read = () => digitsOf(element.value).slice(0, length);
  const waiting = new AbortController();
  let reported = '';
  element.addEventListener('input', () => {
    const code = read();
    if (element.value !== code) element.value = code;
    const whole = code.length === length ? code : '';
    if (whole === reported) return;
    reported = whole;
    if (whole) onCode?.(whole);
  });
  void fillFromMessage();

  async function fillFromMessage(): Promise<void> {
    const view = document.defaultView;
    if (!view || !('OTPCredential' in view)) return;
    try {
      const credentials = view.navigator.credentials as unknown as WebOtp;
      const message = await credentials.get({ otp: { transport: ['sms'] }, signal: waiting.signal });
      if (!message?.code || waiting.signal.aborted) return;
      element.value = message.code;
      // As if typed, so that other listeners on the input are called, too.
      element.dispatchEvent(new Event('input', { bubbles: true }));
    } catch {
      // No message arrived, or the person declined: they type the code.
    }
  }

  return {
    element,
    get code() {
      return read();
    },
    clear() {
      element.value = '';
      reported = '';
      element.focus();
    },
    close: () => waiting.abort(),
  };
}

/** The digits of a text, those of any script as 0 to 9, as the service reads a code. */
const digitsOf = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[^\p{Nd}]/gu, '')
    .replace(/\p{Nd}/gu, digit);

/** Unicode keeps the ten digits of a script together, 0 first. */
function digit(character: string): string {
  const point = character.codePointAt(0) as number;
  let zero = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((point - zero) % 10);
}
