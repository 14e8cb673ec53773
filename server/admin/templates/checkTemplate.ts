import type { Branding } from '../../delivery/buildMessage.js';
import type { Variables } from '../../delivery/compileTemplate.js';
import type { Template } from '../../delivery/defaultTemplates.js';
import { type Rendered, render, variablesIn } from '../../delivery/render.js';
import type { ChannelName } from '../../domain/channels.js';
import { unfitForLine, unfitForMessage } from '../../domain/messageText.js';
import { Failure, type FieldViolation, type Predicate } from '../../errors.js';

const VARIABLES = ['code', 'brand', 'minutes'];
/** What the largest providers take as one text message, in parts. */
const LONGEST_SMS = 1600;

/** The values a template is rendered with: every length of code that is treated differently, one minute and many. */
const SAMPLES: readonly Pick<Variables, 'code' | 'minutes'>[] = [
  { code: '402917', minutes: 5 },
  { code: '7351', minutes: 1 },
  { code: '86190342', minutes: 60 },
];

type Part = 'subject' | 'text' | 'html';

/**
 * Checks a template and returns it rendered with sample values. Throws
 * INVALID_REQUEST naming every part that does not belong to the channel, does
 * not parse, breaks a bound, reads an unknown variable or does not say the code.
 */
export function checkTemplate(channel: ChannelName, template: Template, branding: Branding): Rendered {
  const violations = (['subject', 'text', 'html'] as const).flatMap((part): FieldViolation[] => {
    const source = template[part];
    if (source === undefined) return [];
    const description = unreadable(channel, part, source) ?? unusable(channel, part, source, branding);
    return description === undefined ? [] : [{ field: `template.${part}`, description }];
  });
  if (violations.length > 0) throw new Failure('INVALID_REQUEST', { violations });
  return renderSample(channel, template, branding);
}

/** The message with sample values. */
export const renderSample = (
  channel: ChannelName,
  template: Template,
  { brand, ...lines }: Branding,
): Rendered => render(channel, template, { brand, ...SAMPLES[0]! }, lines);

/** What keeps a part from being read; undefined when nothing does. */
function unreadable(channel: ChannelName, part: Part, source: string): Predicate | undefined {
  if (channel !== 'email' && part !== 'text') return 'is for e-mail only';
  const unfit = part === 'subject' ? unfitForLine(source) : unfitForMessage(source);
  if (unfit) return unfit;
  try {
    const unknown = variablesIn(source).find((name) => !VARIABLES.includes(name));
    return unknown === undefined ? undefined : `may use ${VARIABLES.join(', ')} only, not "${unknown}"`;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/** What keeps a part that can be read from being sent; undefined when nothing does. */
function unusable(
  channel: ChannelName,
  part: Part,
  source: string,
  branding: Branding,
): Predicate | undefined {
  const { brand, ...lines } = branding;
  const alone: Template = { text: '', [part]: source };
  try {
    for (const values of SAMPLES) {
      const said = render(channel, alone, { brand, ...values })[part] ?? '';
      if (said.trim() === '') return 'must say something';
      if (part !== 'subject' && !said.includes(values.code)) return 'must say the code: {{ code }}';
      const { text } = render(channel, alone, { brand, ...values }, lines);
      if (channel === 'sms' && text.length > LONGEST_SMS)
        return `must render to at most ${LONGEST_SMS} characters`;
    }
    return undefined;
  } catch (error) {
    return `cannot be rendered: ${(error as Error).message}`;
  }
}
