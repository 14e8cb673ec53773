/** The one spelling of a BCP 47 language tag, such as "es-CO", also written "es_CO"; undefined for what is none. */
export function canonicalLocale(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** The language of a tag without its region: "es" of "es-CO". */
export const languageOf = (locale: string): string => locale.split('-')[0] ?? '';
