import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  firstAmbiguous,
  operationsOf,
  requirementsOf,
  type SponsorRule,
} from '../../../server/domain/sponsorRules.js';

const rule = (operation: string, requirement: SponsorRule['requirement'], ...productTypes: string[]) => ({
  operation,
  productTypes,
  requirement,
});

describe('what a sponsor asks for', () => {
  const rules = [
    rule('DISPENSATION', 'OPTIONAL'),
    rule('DISPENSATION', 'REQUIRED', 'MEDICATION', 'LAB'),
    rule('SETTLEMENT', 'FORBIDDEN', 'LAB'),
  ];

  it.each([
    ['DISPENSATION', 'MEDICATION', ['REQUIRED']],
    ['DISPENSATION', 'LAB', ['REQUIRED']],
    ['DISPENSATION', 'IMAGING', ['OPTIONAL']],
    ['DISPENSATION', undefined, ['OPTIONAL', 'REQUIRED']],
    ['DISPENSATION', '', ['OPTIONAL', 'REQUIRED']],
    ['SETTLEMENT', 'LAB', ['FORBIDDEN']],
    ['SETTLEMENT', 'MEDICATION', []],
    ['SETTLEMENT', undefined, ['FORBIDDEN']],
    ['PRE_AUTHORIZATION', 'LAB', []],
    ['dispensation', ' lab ', ['REQUIRED']],
  ])('%s of %s: %j', (type, productType, expected) => {
    expect([...requirementsOf(rules, { type, productType })]).toEqual(expected);
  });

  it('is ambiguous when two rules speak of the same operation and product', () => {
    expect(firstAmbiguous(rules)).toBe(-1);
    expect(firstAmbiguous([...rules, rule('DISPENSATION', 'FORBIDDEN')])).toBe(3);
    expect(firstAmbiguous([...rules, rule('DISPENSATION', 'REQUIRED', 'IMAGING', 'LAB')])).toBe(3);
    expect(firstAmbiguous([...rules, rule('SETTLEMENT', 'REQUIRED', 'IMAGING')])).toBe(-1);
    expect(firstAmbiguous([...rules, rule('Settlement', 'REQUIRED', 'lab')])).toBe(3);
  });
});

const word = fc.constantFrom('A', 'B', 'C', '');
const anyRules = fc.array(
  fc.record({
    operation: fc.constantFrom('X', 'Y'),
    productTypes: fc.uniqueArray(word, { maxLength: 3 }),
    requirement: fc.constantFrom('OPTIONAL' as const, 'REQUIRED' as const, 'FORBIDDEN' as const),
  }),
  { maxLength: 8 },
);
/** The rules without those that make a list ambiguous. */
const clear = anyRules.map((rules) => {
  const kept: SponsorRule[] = [];
  for (const next of rules) if (firstAmbiguous([...kept, next]) < 0) kept.push(next);
  return kept;
});

describe('rules that are not ambiguous', () => {
  test.prop([clear, fc.nat(), fc.constantFrom('X', 'Y', 'Z'), fc.option(word, { nil: undefined })])(
    'say the same in any order',
    (rules, shift, operation, productType) => {
      const turned = rules.map((_, index) => rules[(index + shift) % rules.length]!);
      expect(firstAmbiguous(turned)).toBe(-1);
      const named = { type: operation, productType };
      expect(requirementsOf(turned, named)).toEqual(requirementsOf(rules, named));
    },
  );

  test.prop([clear, fc.constantFrom('X', 'Y'), fc.constantFrom('A', 'B', 'C', 'D')])(
    'are overruled for a product by the one rule that names it, and by it alone',
    (rules, type, productType) => {
      const about = rules.filter(({ operation }) => operation === type);
      const naming = about.filter(({ productTypes }) => productTypes.includes(productType));
      expect(naming.length).toBeLessThanOrEqual(1);
      const general = about.find(({ productTypes }) => productTypes.length === 0);
      const holding = naming[0] ?? general;
      const expected = holding ? [holding.requirement] : [];
      expect([...requirementsOf(rules, { type, productType })]).toEqual(expected);
    },
  );

  test.prop([clear, fc.constantFrom('X', 'Y'), word])(
    'say of an unknown product everything that they say of some product',
    (rules, type, productType) => {
      const ofAny = requirementsOf(rules, { type });
      for (const one of requirementsOf(rules, { type, productType })) expect(ofAny).toContain(one);
    },
  );

  test.prop([clear])('name each of their operations once', (rules) => {
    const names = operationsOf(rules);
    expect(new Set(names)).toEqual(new Set(rules.map(({ operation }) => operation)));
    expect(names.length).toBe(new Set(names).size);
  });
});
