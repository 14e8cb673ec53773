/**
 * Control characters other than tab and line ends, and the bidirectional
 * controls (Unicode property Bidi_Control), which can show a text in another
 * order than it is read: neither belongs into a message.
 */
const UNFIT = /[^\P{Cc}\t\r\n]|\p{Bidi_Control}/u;
const LINE_ENDS = /[\t\r\n\p{Zl}\p{Zp}]/u;

type Unfit = `must not contain ${string}`;

/** What keeps a text from being part of a message, as a predicate; undefined where nothing does. */
export const unfitForMessage = (text: string): Unfit | undefined =>
  UNFIT.test(text) ? 'must not contain control characters or bidirectional controls' : undefined;

/** The same for a text on one line, such as a subject or a name. */
export const unfitForLine = (text: string): Unfit | undefined =>
  unfitForMessage(text) ?? (LINE_ENDS.test(text) ? 'must not contain line ends or tabs' : undefined);
