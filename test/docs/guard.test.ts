import { expect, it } from 'vitest';
import { GuardRule, GuardSchema } from '../../gen/otp/admin/v1/guard_service_pb.js';
import { GUARD_RULES } from '../../tools/docs/guard.js';

it('the page of the guard has a row for every rule of the contract, and names fields that exist', () => {
  const named = Object.keys(GUARD_RULES).map((rule) => rule.replaceAll('-', '_').toUpperCase());
  const rules = Object.keys(GuardRule).filter((name) => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED');
  expect(named.sort()).toEqual(rules.sort());
  for (const [, field] of Object.values(GUARD_RULES)) {
    const [first, second] = field.split('.');
    const found = GuardSchema.fields.find(({ name }) => name === first);
    expect([field, found?.name]).toEqual([field, first]);
    if (second) expect(found?.message?.fields.map(({ name }) => name)).toContain(second);
  }
});
