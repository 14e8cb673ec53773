import { channelOf, type MessageKind, showsTransaction } from './messageKind.js';

/** The parts of a message, as Liquid templates over the variables of compileTemplate.ts. */
export interface Template {
  /** E-mail only. */
  readonly subject?: string;
  readonly text: string;
  /** E-mail only; values are escaped. */
  readonly html?: string;
}

/** The sentences of one language. */
interface Sentences {
  readonly subject: string;
  readonly code: string;
  /** In place of `code`, where the code is for a transaction. */
  readonly transaction: string;
  readonly life: string;
  readonly ignore: string;
  /** In text messages, where the code's sentence has a letter that GSM-7 lacks: with it a message takes two parts. */
  readonly sms?: string;
}

const SENTENCES: Readonly<Record<string, Sentences>> = {
  en: {
    subject: 'Your {{ brand }} code',
    code: '{{ code }} is your {{ brand }} code.',
    transaction:
      '{{ code }} is your {{ brand }} code for {{ amount }} {{ currency }} to {{ payee }}{% if account != "" %} (account ending in {{ account }}){% endif %}.',
    life: 'It works for {{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %}.',
    ignore: 'If you did not ask for it, you can ignore this message.',
  },
  es: {
    subject: 'Tu código de {{ brand }}',
    code: '{{ code }} es tu código de {{ brand }}.',
    sms: '{{ code }} es tu clave de {{ brand }}.',
    transaction:
      '{{ code }} es tu clave de {{ brand }} para {{ amount }} {{ currency }} a {{ payee }}{% if account != "" %} (cuenta terminada en {{ account }}){% endif %}.',
    life: 'Sirve durante {{ minutes }} {% if minutes == 1 %}minuto{% else %}minutos{% endif %}.',
    ignore: 'Si no lo pediste, puedes ignorar este mensaje.',
  },
  pt: {
    subject: 'Seu código {{ brand }}',
    code: '{{ code }} é o seu código {{ brand }}.',
    sms: '{{ code }} é a sua senha {{ brand }}.',
    transaction:
      '{{ code }} é a sua senha {{ brand }} para {{ amount }} {{ currency }} a {{ payee }}{% if account != "" %} (conta com final {{ account }}){% endif %}.',
    life: 'Ele vale por {{ minutes }} {% if minutes == 1 %}minuto{% else %}minutos{% endif %}.',
    ignore: 'Se você não o pediu, pode ignorar esta mensagem.',
  },
  fr: {
    subject: 'Votre code {{ brand }}',
    code: '{{ code }} est votre code {{ brand }}.',
    transaction:
      '{{ code }} est votre code {{ brand }} pour {{ amount }} {{ currency }} à {{ payee }}{% if account != "" %} (compte se terminant par {{ account }}){% endif %}.',
    life: 'Il est valable {{ minutes }} {% if minutes == 1 %}minute{% else %}minutes{% endif %}.',
    ignore: 'Si vous ne l’avez pas demandé, vous pouvez ignorer ce message.',
  },
  de: {
    subject: 'Ihr {{ brand }}-Code',
    code: '{{ code }} ist Ihr {{ brand }}-Code.',
    transaction:
      '{{ code }} ist Ihr {{ brand }}-Code für {{ amount }} {{ currency }} an {{ payee }}{% if account != "" %} (Konto endet auf {{ account }}){% endif %}.',
    life: 'Er gilt {{ minutes }} {% if minutes == 1 %}Minute{% else %}Minuten{% endif %}.',
    ignore: 'Wenn Sie ihn nicht angefordert haben, können Sie diese Nachricht ignorieren.',
  },
};

// No colour has six digits: the code is the only run of six in a message.
const html = (locale: string, { code, life, ignore }: Sentences) => `<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{ brand }}</title></head>
<body style="margin:0;padding:2rem 1rem;font-family:system-ui,sans-serif;line-height:1.5;color:black;background:white">
<div style="max-width:30rem;margin:0 auto">
<p>${code.replace('{{ code }}', '<strong style="font-size:1.75rem;letter-spacing:.2em">{{ code }}</strong>')}</p>
<p>${life}</p>
<p style="color:dimgray">${ignore}</p>
</div>
</body>
</html>
`;

/** Languages of the built-in messages. */
export const BUILT_IN_LOCALES: readonly string[] = Object.keys(SENTENCES);

/** Language of messages where none is requested or the requested one is missing. */
export const DEFAULT_LOCALE = 'en';

/** The built-in template of a kind of message in the closest language there is: "es-CO" is served by "es". */
export function defaultTemplate(kind: MessageKind, locale: string): Template {
  const language = locale.split('-')[0]?.toLowerCase() ?? '';
  const [key, plain] = Object.hasOwn(SENTENCES, language)
    ? [language, SENTENCES[language] as Sentences]
    : [DEFAULT_LOCALE, SENTENCES[DEFAULT_LOCALE] as Sentences];
  const { transaction } = plain;
  const sentences = showsTransaction(kind) ? { ...plain, code: transaction, sms: transaction } : plain;
  const channel = channelOf(kind);
  if (channel === 'sms') return { text: `${sentences.sms ?? sentences.code} ${sentences.life}` };
  if (channel !== 'email') return { text: `${sentences.code} ${sentences.life}` };
  return {
    subject: sentences.subject,
    text: `${sentences.code}\n\n${sentences.life}\n\n${sentences.ignore}\n`,
    html: html(key, sentences),
  };
}
