/** How one integrator writes requests. */
export interface Style {
  /** Optional fields that are not given are null, not left out. */
  readonly nulls: boolean;
  /** Bodies go without a Content-Type. */
  readonly bare: boolean;
  /** Codes as a person hands them over. */
  readonly write: (code: string) => string;
}

const asIs = (code: string): string => code;
const script = (zero: number) => (code: string) =>
  [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
const half = (code: string, between: string) =>
  `${code.slice(0, Math.ceil(code.length / 2))}${between}${code.slice(Math.ceil(code.length / 2))}`;

/** The forms in which codes are pasted, dictated and typed. */
export const WRITTEN: readonly ((code: string) => string)[] = [
  (code) => half(code, ' '),
  (code) => half(code, '-'),
  (code) => half(code, '\u2013'),
  (code) => ` ${code}\r\n`,
  (code) => half(code, '\u00a0'),
  (code) => `\u2066${code}\u2069`,
  (code) => [...code].join('\u200b'),
  script(0xff10),
  script(0x0660),
  script(0x06f0),
  script(0x0966),
  (code) => half(script(0x0660)(code), ' '),
];

/** Each code in the next of these forms. */
function inTurn(): (code: string) => string {
  let next = 0;
  return (code) => WRITTEN[next++ % WRITTEN.length]!(code);
}

/** The same client, as different integrators write it. */
export const STYLES: Readonly<Record<string, () => Style>> = {
  'as the documents print it': () => ({ nulls: false, bare: false, write: asIs }),
  'with null for what is absent, without a Content-Type and with codes as people paste them': () => ({
    nulls: true,
    bare: true,
    write: inTurn(),
  }),
};
