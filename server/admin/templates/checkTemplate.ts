import type { Branding } from '../../delivery/buildMessage.js';
import type { TransactionVariables, Variables } from '../../delivery/compileTemplate.js';
import type { Template } from '../../delivery/defaultTemplates.js';
import { channelOf, type MessageKind, showsTransaction } from '../../delivery/messageKind.js';
import { type Rendered, render, variablesIn } from '../../delivery/render.js';
import { unfitForLine, unfitForMessage } from '../../domain/messageText.js';
import { Failure, type FieldViolation, type Predicate } from '../../errors.js';

const VARIABLES = ['code', 'brand', 'minutes'];
const TRANSACTION_VARIABLES = ['amount', 'currency', 'payee', 'account'];
/** What the largest providers take as one text message, in parts. */
const LONGEST_SMS = 1600;

/** The values a template is rendered with: every length of code that is treated differently, one minute and many. */
const SAMPLES: readonly Pick<Variables, 'code' | 'minutes'>[] = [
  { code: '402917', minutes: 5 },
  { code: '7351', minutes: 1 },
  { code: '86190342', minutes: 60 },
];

/** A transaction with an account and one without. */
const TRANSACTIONS: readonly TransactionVariables[] = [
  { amount: '1250.40', currency: 'EUR', payee: 'Acme Stores', account: '3000' },
  { amount: '9.99', currency: 'USD', payee: 'Example Energy', account: '' },
];

/** The samples of a kind of message. */
const samplesOf = (kind: MessageKind): readonly Omit<Variables, 'brand'>[] =>
  showsTransaction(kind)
    ? SAMPLES.map((values, index) => ({ ...values, ...TRANSACTIONS[index % TRANSACTIONS.length]! }))
    : SAMPLES;

const variablesOf = (kind: MessageKind): readonly string[] =>
  showsTransaction(kind) ? [...VARIABLES, ...TRANSACTION_VARIABLES] : VARIABLES;

type Part = 'subject' | 'text' | 'html';

/**
 * Checks a template and returns it rendered with sample values. Throws
 * INVALID_REQUEST naming every part that does not belong to the channel, does
 * not parse, breaks a bound, reads an unknown variable, or does not say the code
 * or the transaction.
 */
export function checkTemplate(kind: MessageKind, template: Template, branding: Branding): Rendered {
  const violations = (['subject', 'text', 'html'] as const).flatMap((part): FieldViolation[] => {
    const source = template[part];
    if (source === undefined) return [];
    const description = unreadable(kind, part, source) ?? unusable(kind, part, source, branding);
    return description === undefined ? [] : [{ field: `template.${part}`, description }];
  });
  if (violations.length > 0) throw new Failure('INVALID_REQUEST', { violations });
  return renderSample(kind, template, branding);
}

/** The message with sample values. */
export const renderSample = (
  kind: MessageKind,
  template: Template,
  { brand, ...lines }: Branding,
): Rendered => render(channelOf(kind), template, { brand, ...samplesOf(kind)[0]! }, lines);

/** What keeps a part from being read; undefined when nothing does. */
function unreadable(kind: MessageKind, part: Part, source: string): Predicate | undefined {
  if (channelOf(kind) !== 'email' && part !== 'text') return 'is for e-mail only';
  const unfit = part === 'subject' ? unfitForLine(source) : unfitForMessage(source);
  if (unfit) return unfit;
  try {
    const known = variablesOf(kind);
    const unknown = variablesIn(source).find((name) => !known.includes(name));
    return unknown === undefined ? undefined : `may use ${known.join(', ')} only, not "${unknown}"`;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/** What keeps a part that can be read from being sent; undefined when nothing does. */
function unusable(kind: MessageKind, part: Part, source: string, branding: Branding): Predicate | undefined {
  const { brand, ...lines } = branding;
  const channel = channelOf(kind);
  const alone: Template = { text: '', [part]: source };
  try {
    for (const values of samplesOf(kind)) {
      const said = render(channel, alone, { brand, ...values })[part] ?? '';
      if (said.trim() === '') return 'must say something';
      if (part !== 'subject' && !said.includes(values.code)) return 'must say the code: {{ code }}';
      const { amount, payee } = values;
      if (part !== 'subject' && amount !== undefined && !said.includes(amount))
        return 'must say the amount: {{ amount }}';
      if (part !== 'subject' && payee !== undefined && !said.includes(payee))
        return 'must say the payee: {{ payee }}';
      const { text } = render(channel, alone, { brand, ...values }, lines);
      if (channel === 'sms' && text.length > LONGEST_SMS)
        return `must render to at most ${LONGEST_SMS} characters`;
    }
    return undefined;
  } catch (error) {
    return `cannot be rendered: ${(error as Error).message}`;
  }
}
