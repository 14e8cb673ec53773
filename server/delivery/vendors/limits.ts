import type { Message } from '../provider.js';

/** What a vendor accepts as the sender of a text message. */
export interface SenderForm {
  readonly pattern: RegExp;
  /** What the pattern accepts, after "must be". */
  readonly description: string;
}

/** How long a message may be. What is longer is refused without a request to the vendor. */
export interface MessageLimits {
  /** Unicode code points of the text. */
  readonly textCharacters?: number;
  /** Bytes of the text in UTF-8. */
  readonly textBytes?: number;
  readonly codeCharacters?: number;
}

/** Whether a message is no longer than a vendor accepts. */
export function isWithin({ text, code }: Message, limits: MessageLimits): boolean {
  const { textCharacters = Infinity, textBytes = Infinity, codeCharacters = Infinity } = limits;
  return (
    // A code point has at most two units: short texts need not be taken apart.
    (text.length <= textCharacters || [...text].length <= textCharacters) &&
    Buffer.byteLength(text) <= textBytes &&
    code.length <= codeCharacters
  );
}
