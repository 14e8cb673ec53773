import type { DescEnum, DescMessage, DescService } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { commentOf } from '../../server/contract/comments.js';
import { contractSet } from '../../server/contract/contractSet.js';
import { rulesOf } from '../../tools/docs/contract/rules.js';
import { contract, contractAdmin } from '../../tools/docs/contract.js';

const text = contract() + contractAdmin();
const ours = [...contractSet].filter(({ typeName }) => typeName.startsWith('otp.'));
const messages = ours.filter((desc): desc is DescMessage => desc.kind === 'message');

describe('the pages of the contract', () => {
  it('have a section for every method, with its path', () => {
    const methods = ours
      .filter((desc): desc is DescService => desc.kind === 'service')
      .flatMap((service) => service.methods);
    expect(methods.length).toBeGreaterThanOrEqual(80);
    const missing = methods.filter(
      ({ name, parent }) =>
        !text.includes(`### ${parent.name}.${name}\n\n\`${parent.typeName}/${name}\`, with `),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('have every field of every message and every value of every enum, with its comment', () => {
    const parts = [
      ...messages
        .filter(({ proto }) => !proto.options?.mapEntry && proto.name !== 'Access')
        .flatMap(({ fields }) => fields),
      ...ours.filter((desc): desc is DescEnum => desc.kind === 'enum').flatMap(({ values }) => values),
    ];
    expect(parts.length).toBeGreaterThan(400);
    expect(parts.filter((part) => !text.includes(`| \`${part.name}\` | `)).map(String)).toEqual([]);
    expect(parts.filter((part) => commentOf(part) === '').map(String)).toEqual([]);
  });

  it.each([
    ['otp.v1.SendRequest', 'request_id', ['at most 128 characters']],
    ['otp.v1.FallbackStep', 'wait', ['required', 'at least 10s', 'at most 1800s']],
    ['otp.v1.VerifyRequest', 'codes', ['at most 3 pairs', 'each key one of `email`, `sms`, `whatsapp`']],
    ['otp.v1.SendRequest', 'sandbox', []],
  ])('say the rules of %s.%s in words', (type, name, words) => {
    const field = contractSet.getMessage(type)!.fields.find((one) => one.name === name)!;
    expect(rulesOf(field)).toEqual(expect.arrayContaining(words));
    if (words.length === 0) expect(rulesOf(field)).toEqual([]);
  });
});
