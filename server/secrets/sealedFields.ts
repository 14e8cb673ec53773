/** Sealed fields of documents that last as long as an operator wants: retiring a key seals them again. */
interface LastingFields {
  readonly contacts: 'address';
  readonly beneficiaries: 'phone' | 'email';
  readonly guards: 'veto.secret';
  readonly webhooks: `secrets.${string}`;
  readonly providerAccounts: `secrets.${string}`;
}

/** Sealed fields of documents that end with their retention; until then a key that sealed one is not retired. */
interface PassingFields {
  readonly sessions: string;
  readonly inbox: 'sealed';
  readonly previews: 'sealed';
  readonly events: 'sealed';
}

/**
 * Every field that is sealed, by collection: nothing can be sealed in a place
 * that is not listed, and maintenance/resealValues.ts has a way to each that lasts.
 */
type SealedFields = LastingFields & PassingFields;

/** Collections with sealed fields that last. */
export type LastingCollection = keyof LastingFields;

/** Where a value is kept. A sealed value opens in this place only. */
export type Place = {
  [C in keyof SealedFields]: {
    readonly collection: C;
    /** `_id` of the document. */
    readonly id: string;
    readonly field: SealedFields[C];
  };
}[keyof SealedFields];
