import { describe, expect, it, onTestFinished } from 'vitest';
import { createOtpInput, type OtpInputOptions } from '../../clients/web/otpInput.js';

/** As much of an input element as the box needs. */
class FakeInput extends EventTarget {
  readonly attributes = new Map<string, string>();
  value = '';
  focused = false;
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  focus(): void {
    this.focused = true;
  }
}

type Credentials = (options: { otp: unknown; signal: AbortSignal }) => Promise<{ code?: string } | null>;

/** A box on a page whose browser has WebOTP if `get` is given, and a person's hands on it. */
function page(options: OtpInputOptions = {}, get?: Credentials) {
  const reported: string[] = [];
  const input = new FakeInput();
  const view = { ...(get && { OTPCredential: class {} }), navigator: { credentials: { get } } };
  const document = {
    defaultView: view,
    createElement(tag: string) {
      expect(tag).toBe('input');
      return input;
    },
  };
  const box = createOtpInput(document as unknown as Document, {
    onCode: (code) => reported.push(code),
    ...options,
  });
  onTestFinished(() => box.close());
  const enter = (value: string) => {
    input.value = value;
    input.dispatchEvent(new Event('input'));
  };
  return { box, input, reported, enter };
}

describe('the input for a code', () => {
  it('B43 is what browsers fill a code into', () => {
    const { input, box } = page();
    expect(box.element).toBe(input);
    expect(Object.fromEntries(input.attributes)).toMatchObject({
      type: 'text',
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      pattern: '[0-9]{6}',
      'aria-label': 'One-time code',
    });
  });

  it('does not cut off pasted text', () => {
    expect(page().input.attributes.has('maxlength')).toBe(false);
  });

  it('has the name, label and length that the page sets', () => {
    const { input } = page({ length: 8, label: 'Código', name: 'code' });
    expect(Object.fromEntries(input.attributes)).toMatchObject({
      pattern: '[0-9]{8}',
      'aria-label': 'Código',
      name: 'code',
    });
  });

  it.each([
    ['typed', '123456', '123456'],
    ['pasted with spaces', ' 123 456\n', '123456'],
    ['pasted with a dash', '123-456', '123456'],
    ['full-width', '１２３４５６', '123456'],
    ['Arabic', '١٢٣٤٥٦', '123456'],
    ['Persian', '۱۲۳۴۵۶', '123456'],
    ['too long', '1234567', '123456'],
  ])('accepts a code that is %s', (_how, entered, code) => {
    const { box, input, reported, enter } = page();
    enter(entered);
    expect({ reported, value: input.value, code: box.code }).toEqual({ reported: [code], value: code, code });
  });

  it('reports a complete code once, and again after it was changed', () => {
    const { reported, enter } = page();
    for (const value of ['1', '12345', '123456', '123456', '1234567', '12345', '123456', '123457']) {
      enter(value);
    }
    expect(reported).toEqual(['123456', '123456', '123457']);
  });

  it('reports the same code again after it was cleared', () => {
    const { box, input, reported, enter } = page();
    enter('123456');
    box.clear();
    expect({ value: input.value, code: box.code, focused: input.focused }).toEqual({
      value: '',
      code: '',
      focused: true,
    });
    enter('123456');
    expect(reported).toEqual(['123456', '123456']);
  });

  it('ignores letters', () => {
    const { reported, input, enter } = page();
    enter('abcdef');
    expect({ reported, value: input.value }).toEqual({ reported: [], value: '' });
  });
});

describe('a text message', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('fills the input if the browser can read it, as if the code were typed', async () => {
    const asked: unknown[] = [];
    const { box, input, reported } = page({}, async ({ otp }) => {
      asked.push(otp);
      return { code: '402917' };
    });
    let heard = 0;
    input.addEventListener('input', () => heard++);
    await settled();
    expect(asked).toEqual([{ transport: ['sms'] }]);
    expect({ reported, code: box.code, heard }).toEqual({ reported: ['402917'], code: '402917', heard: 1 });
  });

  it.each([
    ['that is refused', () => Promise.reject(new DOMException('no', 'NotAllowedError'))],
    ['that never brings a code', async () => null],
  ])('%s leaves the input to the person', async (_what, get) => {
    const { reported, enter } = page({}, get);
    await settled();
    enter('123456');
    expect(reported).toEqual(['123456']);
  });

  it('that arrives after the input was closed is not used', async () => {
    let arrive = (_: { code: string }) => {};
    let waited: AbortSignal | undefined;
    const { box, reported } = page({}, ({ signal }) => {
      waited = signal;
      return new Promise((resolve) => {
        arrive = resolve;
      });
    });
    box.close();
    expect(waited?.aborted).toBe(true);
    arrive({ code: '402917' });
    await settled();
    expect({ reported, code: box.code }).toEqual({ reported: [], code: '' });
  });

  it('is not waited for if the browser cannot read it', async () => {
    const { reported, enter } = page();
    await settled();
    enter('123456');
    expect(reported).toEqual(['123456']);
  });
});
