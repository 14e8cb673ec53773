/** What a sponsor says about an OTP at an operation. */
export type RequirementName = 'OPTIONAL' | 'REQUIRED' | 'FORBIDDEN';

/** What a sponsor asks for at one kind of operation. */
export interface SponsorRule {
  readonly operation: string;
  /** The products it is about; empty: all. */
  readonly productTypes: readonly string[];
  readonly requirement: RequirementName;
}

/**
 * What the rules say about an operation with a product; undefined when none
 * says anything. A rule that names the product comes before one that does not,
 * and where the product is not known only rules for every product hold.
 */
export function requirementOf(
  rules: readonly SponsorRule[],
  operation: string,
  productType: string | undefined,
): RequirementName | undefined {
  const about = rules.filter((rule) => rule.operation === operation);
  const specific = about.find(({ productTypes }) => productTypes.some((type) => type === productType));
  const general = about.find(({ productTypes }) => productTypes.length === 0);
  return (specific ?? general)?.requirement;
}

/** The operations that the rules name, in their order, each once. */
export const operationsOf = (rules: readonly SponsorRule[]): readonly string[] => [
  ...new Set(rules.map(({ operation }) => operation)),
];

/** The index of the first rule that says something about what an earlier one already speaks of; -1 when none does. */
export function firstAmbiguous(rules: readonly SponsorRule[]): number {
  const spoken = new Set<string>();
  return rules.findIndex(({ operation, productTypes }) => {
    const subjects = (productTypes.length > 0 ? productTypes : [null]).map((type) =>
      JSON.stringify([operation, type]),
    );
    const again = subjects.some((subject) => spoken.has(subject));
    for (const subject of subjects) spoken.add(subject);
    return again;
  });
}
