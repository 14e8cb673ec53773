/** What a sponsor says about an OTP at an operation. */
export type RequirementName = 'OPTIONAL' | 'REQUIRED' | 'FORBIDDEN';

/** What a sponsor asks for at one kind of operation. */
export interface SponsorRule {
  readonly operation: string;
  /** The products it is about; empty: all. */
  readonly productTypes: readonly string[];
  readonly requirement: RequirementName;
}

/** An operation as a call names it. Without a product type it may be any. */
interface NamedOperation {
  readonly type: string;
  readonly productType?: string | undefined;
}

/** Names of operations and products are compared without regard to case: a rule holds however a caller spells them. */
export const normalName = (name: string): string => name.trim().toUpperCase();

/**
 * What the rules may say about an operation: of a product that is known the one
 * requirement that holds, or none; of an unknown one every requirement that some
 * product has. A rule that names the product comes before one that does not.
 */
export function requirementsOf(
  rules: readonly SponsorRule[],
  { type, productType }: NamedOperation,
): ReadonlySet<RequirementName> {
  const about = rules.filter(({ operation }) => normalName(operation) === normalName(type));
  const product = productType && normalName(productType);
  if (!product) return new Set(about.map(({ requirement }) => requirement));
  const specific = about.find(({ productTypes }) =>
    productTypes.some((name) => normalName(name) === product),
  );
  const holding = specific ?? about.find(({ productTypes }) => productTypes.length === 0);
  return new Set(holding ? [holding.requirement] : []);
}

/** The operations that the rules name, in their order, each once. */
export function operationsOf(rules: readonly SponsorRule[]): readonly string[] {
  const names = new Map<string, string>();
  for (const { operation } of rules) {
    if (!names.has(normalName(operation))) names.set(normalName(operation), operation);
  }
  return [...names.values()];
}

/** The index of the first rule about an operation and product that an earlier one is about already; -1 when there is none. */
export function firstAmbiguous(rules: readonly SponsorRule[]): number {
  const spoken = new Set<string>();
  return rules.findIndex(({ operation, productTypes }) => {
    const subjects = (productTypes.length > 0 ? productTypes : [null]).map((type) =>
      JSON.stringify([normalName(operation), type === null ? null : normalName(type)]),
    );
    const again = subjects.some((subject) => spoken.has(subject));
    for (const subject of subjects) spoken.add(subject);
    return again;
  });
}
