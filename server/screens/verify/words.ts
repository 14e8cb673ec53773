import type { ScreenFiles } from '../files.js';

/** The texts of the page in one language, by name. */
export type Words = Readonly<Record<string, string>>;

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['ar', 'he', 'fa']);

/** The words of a language that the page speaks. */
export interface Spoken {
  readonly language: string;
  readonly direction: 'ltr' | 'rtl';
  readonly words: Words;
}

/** Chooses the first of the wanted languages that the page speaks; English where it speaks none. */
export function createSpeak(files: ScreenFiles): (wanted: readonly string[]) => Spoken {
  const all = JSON.parse(files.text('verify-words.json')) as Readonly<Record<string, Words>>;
  return (wanted) => {
    const language = wanted.map((tag) => tag.split('-')[0]!.toLowerCase()).find((tag) => tag in all) ?? 'en';
    return { language, direction: RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr', words: all[language]! };
  };
}

/** The languages of an Accept-Language header (RFC 9110 section 12.5.4), the most wanted first. */
export function acceptedLanguages(header: string | undefined): string[] {
  return (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const weight = parameters.map((one) => /^\s*q=([\d.]+)$/.exec(one)?.[1]).find(Boolean);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ tag, weight }) => /^[a-z]/i.test(tag) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
