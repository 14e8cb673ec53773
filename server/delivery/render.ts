import { Liquid, type Template as Parsed } from 'liquidjs';
import type { ChannelName } from '../domain/channels.js';
import { createBoundedMap } from '../platform/boundedMap.js';
import { type Compiled, compileTemplate, escapeHtml, type Variables } from './compileTemplate.js';
import type { Template } from './defaultTemplates.js';
import { checkOperations, FILTERS, TAGS } from './templateLanguage.js';

/** A caller's own text with <OTP> where the code goes; nothing else in it is special. */
export interface Literal {
  readonly literal: string;
}

/** A rendered message, without its address. */
export interface Rendered {
  readonly subject?: string;
  readonly text: string;
  readonly html?: string;
}

const BOUNDS = {
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  parseLimit: 20_000,
  memoryLimit: 10_000,
  // Instead of the file system.
  templates: {},
} as const;

function engine(outputEscape?: 'escape'): Liquid {
  const liquid = new Liquid({ ...BOUNDS, ...(outputEscape && { outputEscape }) });
  for (const tag of Object.keys(liquid.tags)) if (!TAGS.has(tag)) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) if (!FILTERS.has(filter)) delete liquid.filters[filter];
  return liquid;
}

const plain = engine();
const escaping = engine('escape');

// Parsed templates are kept: the built-in ones are a few dozen, and a
// workspace's own change rarely. Bounded, because their texts come from outside.
const parsed = createBoundedMap<string, Parsed[]>(500);

const keyOf = (engine: Liquid, source: string): string =>
  `${engine === escaping ? 'html' : 'text'}:${source}`;

const compiled = createBoundedMap<string, Compiled>(500);

function parse(engine: Liquid, source: string): Parsed[] {
  const key = keyOf(engine, source);
  let template = parsed.get(key);
  if (!template) {
    checkOperations(source);
    template = engine.parse(source);
    parsed.set(key, template);
  }
  return template;
}

/** The variables a template reads, in branches not taken as well. Throws for one that does not parse. */
export const variablesIn = (source: string): readonly string[] =>
  plain.globalVariablesSync(parse(plain, source));

function run(engine: Liquid, source: string, variables: Variables): string {
  const key = keyOf(engine, source);
  let template = compiled.get(key);
  if (!template) {
    const escapeValue = engine === escaping ? escapeHtml : (value: string) => value;
    template =
      compileTemplate(source, escapeValue) ??
      ((values) => engine.renderSync(parse(engine, source), { ...values }) as string);
    compiled.set(key, template);
  }
  return template(variables);
}

/** What a workspace has text messages end with, so that devices fill the code in. */
export interface AutofillLines {
  /** Host of the line by which browsers do. */
  readonly webHost?: string | undefined;
  /** Host of the page in a frame of which the code is entered; `webHost` is the one that frames it. */
  readonly frameHost?: string | undefined;
  /** Hash by which an Android app does. */
  readonly androidAppHash?: string | undefined;
}

/**
 * Renders the parts of a message. A text message ends with the hash of an Android
 * app (SMS Retriever API), where the workspace has one, and last with the line
 * `@host #code` by which browsers fill the code in (WebOTP, "SMS one-time codes"
 * format), also in a frame of another host: `@host #code @frame`. Throws for a template that does not parse or breaks a bound.
 */
export function render(
  channel: ChannelName,
  template: Template | Literal,
  variables: Variables,
  { webHost, frameHost, androidAppHash }: AutofillLines = {},
): Rendered {
  const literal = 'literal' in template;
  const text = literal
    ? template.literal.replaceAll('<OTP>', variables.code)
    : run(plain, template.text, variables);
  if (literal || channel !== 'email') {
    if (channel !== 'sms' || (!webHost && !androidAppHash)) return { text };
    const hash = androidAppHash ? `\n${androidAppHash}` : '';
    const frame = frameHost ? ` @${frameHost}` : '';
    const host = webHost ? `\n\n@${webHost} #${variables.code}${frame}` : '';
    return { text: `${text.trimEnd()}${hash}${host}` };
  }
  return {
    subject: run(plain, template.subject ?? '', variables)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    text,
    ...(template.html === undefined ? {} : { html: run(escaping, template.html, variables) }),
  };
}
