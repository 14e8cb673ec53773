import type { CountersignOtpEventMap } from './attributes.js';

export type {
  CancelledDetail,
  CountersignOtpAttributes,
  CountersignOtpEventMap,
  EndedDetail,
  VerifiedDetail,
} from './attributes.js';

type Listener<K extends keyof CountersignOtpEventMap> = (event: CountersignOtpEventMap[K]) => void;

/** The events of the element, with what they carry. */
interface Heard {
  addEventListener<K extends keyof CountersignOtpEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof CountersignOtpEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** Where pages are rendered on a server there is no such class, and nothing to do. */
const Base = (globalThis.HTMLElement ?? class {}) as new () => Heard & HTMLElement;

/**
 * `<countersign-otp src="https://otp.example.com/v/…#t=…" name="otp_token">`: the
 * verification page in a frame. Fires `ready`, `verified` {sessionId,
 * verificationToken}, `cancelled` {reason} and `ended` {status}; in a form, its
 * value is the verification token. The token proves nothing here: redeem it at
 * your backend.
 */
export class CountersignOtp extends Base {
  static readonly formAssociated = true;
  static readonly observedAttributes: readonly string[] = ['src'];
  readonly #internals = this.attachInternals();
  readonly #frame = document.createElement('iframe');
  #nonce = '';
  #origin = '';

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'closed', delegatesFocus: true });
    const style = new CSSStyleSheet();
    style.replaceSync(
      ':host{display:block;max-width:26rem}iframe{display:block;width:100%;height:24rem;border:0;color-scheme:normal}',
    );
    root.adoptedStyleSheets = [style];
    root.append(this.#frame);
    this.#frame.allow = 'otp-credentials';
    this.#frame.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin');
    this.#frame.referrerPolicy = 'no-referrer';
  }

  connectedCallback(): void {
    addEventListener('message', this.#hear);
    if (!this.#origin) this.#open();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#hear);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#open();
  }

  #open(): void {
    const url = new URL(this.getAttribute('src') ?? '', document.baseURI);
    if (url.protocol !== 'https:' && !/^(localhost|127\.\d+\.\d+\.\d+)$/.test(url.hostname))
      throw new TypeError('countersign-otp: src must be https');
    this.#origin = url.origin;
    this.#nonce = crypto.randomUUID();
    const carried = new URLSearchParams(url.hash.slice(1));
    carried.set('o', location.origin);
    carried.set('n', this.#nonce);
    url.hash = carried.toString();
    this.#frame.title = this.getAttribute('label') ?? 'One-time code';
    this.#frame.src = url.href;
    this.#internals.setFormValue(null);
    this.#internals.setValidity({ valueMissing: true }, this.#frame.title, this.#frame);
  }

  readonly #hear = ({ origin, source, data }: MessageEvent): void => {
    // All three: another frame of the same site, or a page the frame was led to, knows no nonce.
    if (origin !== this.#origin || source !== this.#frame.contentWindow) return;
    if (data?.from !== 'countersign' || data.nonce !== this.#nonce) return;
    const { type, sessionId, verificationToken } = data;
    const fire = (detail?: object) => this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
    if (type === 'size') {
      this.#frame.style.height = `${Math.min(1200, Math.max(120, Number(data.height) || 0))}px`;
    } else if (type === 'verified') {
      this.#internals.setFormValue(verificationToken);
      this.#internals.setValidity({});
      fire({ sessionId, verificationToken });
      if (this.hasAttribute('submit')) this.#internals.form?.requestSubmit();
    } else if (type === 'ended') fire({ status: data.status });
    else if (type === 'cancelled') fire({ reason: data.reason });
    else if (type === 'ready') fire();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'countersign-otp': CountersignOtp;
  }
}

if (globalThis.customElements && !customElements.get('countersign-otp'))
  customElements.define('countersign-otp', CountersignOtp);
