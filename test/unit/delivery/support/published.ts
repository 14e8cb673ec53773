import { readFileSync } from 'node:fs';

/** What kind of trouble a vendor says a code is about. */
export type Kind =
  | 'recipient'
  | 'optOut'
  | 'message'
  | 'account'
  | 'limit'
  | 'fault'
  | 'expired'
  /** The code alone does not say it: the text or the SMTP command does. */
  | 'byText'
  | 'byCommand';

/** The error codes that a vendor publishes, as they were found. */
export interface PublishedCodes {
  readonly vendor: string;
  readonly completeness: string;
  readonly sources: readonly {
    readonly source: string;
    readonly date: string;
    readonly codes: Readonly<Partial<Record<Kind, readonly (string | number)[]>>>;
  }[];
}

const FOLDER = new URL('../published/', import.meta.url);

export const PUBLISHED: readonly PublishedCodes[] = ['smtp', 'whatsappCloud', 'twilio', 'vonage', 'sns'].map(
  (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as PublishedCodes,
);

/** Every code with its kind. */
export const codesOf = ({
  sources,
}: PublishedCodes): { readonly code: string | number; readonly kind: Kind }[] =>
  sources.flatMap(({ codes }) =>
    Object.entries(codes).flatMap(([kind, list]) => list.map((code) => ({ code, kind: kind as Kind }))),
  );
