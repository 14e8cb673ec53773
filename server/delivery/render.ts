import { Liquid, type Template as Parsed } from 'liquidjs';
import type { ChannelName } from '../domain/channels.js';
import { createBoundedMap } from '../platform/boundedMap.js';
import type { Template } from './defaultTemplates.js';

/** The variables of a template. */
export interface Variables {
  readonly code: string;
  readonly brand: string;
  /** Whole minutes until the code expires, at least 1. */
  readonly minutes: number;
}

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
  renderLimit: 100,
  memoryLimit: 200_000,
  // Instead of the file system.
  templates: {},
} as const;

/** Tags that read other templates. A workspace writes its own, and no file of this machine is for it to read. */
const READING = ['include', 'render', 'layout', 'block'];

function engine(outputEscape?: 'escape'): Liquid {
  const liquid = new Liquid({ ...BOUNDS, ...(outputEscape && { outputEscape }) });
  for (const tag of READING) delete liquid.tags[tag];
  return liquid;
}

const plain = engine();
const escaping = engine('escape');

// Parsed templates are kept: the built-in ones are a few dozen, and a
// workspace's own change rarely. Bounded, because their texts come from outside.
const parsed = createBoundedMap<string, Parsed[]>(500);

function parse(engine: Liquid, source: string): Parsed[] {
  const key = `${engine === escaping ? 'html' : 'text'}:${source}`;
  let template = parsed.get(key);
  if (!template) {
    template = engine.parse(source);
    parsed.set(key, template);
  }
  return template;
}

/** The variables a template reads, in branches not taken as well. Throws for one that does not parse. */
export const variablesIn = (source: string): readonly string[] =>
  plain.globalVariablesSync(parse(plain, source));

const run = (engine: Liquid, source: string, variables: Variables): string =>
  engine.renderSync(parse(engine, source), { ...variables }) as string;

/**
 * Renders the parts of a message. With a web origin, a text message ends with
 * the line `@host #code` by which browsers fill the code in (WebOTP, "SMS one-time
 * codes" format). Throws for a template that does not parse or breaks a bound.
 */
export function render(
  channel: ChannelName,
  template: Template | Literal,
  variables: Variables,
  webHost?: string,
): Rendered {
  const literal = 'literal' in template;
  const text = literal
    ? template.literal.replaceAll('<OTP>', variables.code)
    : run(plain, template.text, variables);
  if (literal || channel !== 'email') {
    return {
      text: channel === 'sms' && webHost ? `${text.trimEnd()}\n\n@${webHost} #${variables.code}` : text,
    };
  }
  return {
    subject: run(plain, template.subject ?? '', variables)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    text,
    ...(template.html === undefined ? {} : { html: run(escaping, template.html, variables) }),
  };
}
