import { describe, expect, it } from 'vitest';
import {
  ListSessionsRequestSchema,
  SendRequestSchema,
  VerifyRequestSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { findUnknownName, hasEnums } from '../../../server/rpc/enumNames.js';
import { findJsonFault } from '../../../server/rpc/jsonFault.js';

const inSend = (request: unknown) => findJsonFault(SendRequestSchema, JSON.stringify(request));

describe('the invalid field of a JSON request', () => {
  it.each([
    [{ recipients: 'x' }, 'recipients', 'must be an object'],
    [{ recipients: { email: 5 } }, 'recipients.email', 'must be a string'],
    [{ sandbox: 'yes' }, 'sandbox', 'must be true or false'],
    [{ config: { codeLength: 'six' } }, 'config.code_length', 'must be a number'],
    [{ config: { code_length: [] } }, 'config.code_length', 'must be a number'],
    [{ config: { lifetime: 300 } }, 'config.lifetime', 'must be seconds with an "s", such as "300s"'],
    [{ channels: 'CHANNEL_EMAIL' }, 'channels', 'must be a list of the right type'],
    [{ metadata: [] }, 'metadata', 'must be an object'],
    [[], '', 'must be an object'],
    ['x', '', 'must be an object'],
    [{ recipients: {}, sandbox: 1 }, 'sandbox', 'must be true or false'],
  ])('%j: %s %s', (request, field, description) => {
    expect(inSend(request)).toEqual({ field, description });
  });

  it('is found in maps and times of other requests', () => {
    const verify = findJsonFault(VerifyRequestSchema, '{"codes": {"email": 1}}');
    expect(verify).toEqual({
      field: 'codes',
      description: 'must be an object with values of the right type',
    });
    const list = findJsonFault(ListSessionsRequestSchema, '{"createdAfter": "yesterday"}');
    expect(list).toEqual({
      field: 'created_after',
      description: 'must be an RFC 3339 time, such as "2030-01-31T12:00:00Z"',
    });
  });

  it('is none in a request that decodes, with fields from the future or without', () => {
    expect(inSend({ recipients: { email: 'a@example.com' } })).toBeUndefined();
    expect(inSend({ aFieldOfTheFuture: { any: 1 } })).toBeUndefined();
  });

  it('is the whole where the text is no JSON, and nothing of it is quoted', () => {
    const fault = findJsonFault(SendRequestSchema, '{"purpose": 123456');
    expect(fault).toEqual({ field: 'body', description: 'is not JSON' });
  });
});

describe('an enum value by a name the contract does not know', () => {
  const unknownIn = (request: unknown) => findUnknownName(SendRequestSchema, JSON.stringify(request))?.field;

  it.each([
    [{ channels: ['CHANNEL_FAX'] }, 'channels[0]'],
    [{ channels: ['CHANNEL_EMAIL', 1, 'email'] }, 'channels[2]'],
    [{ policy: { strategy: 'ALL' } }, 'policy.strategy'],
    [{ policy: { channels: ['CHANNEL_SMS', 'X'] } }, 'policy.channels[1]'],
  ])('%j: %s', (request, field) => {
    expect(unknownIn(request)).toBe(field);
  });

  it.each([
    { channels: ['CHANNEL_EMAIL', 2, 99] },
    { channels: null, policy: null },
    { policy: { strategy: 'STRATEGY_ANY' } },
    { metadata: { channels: ['CHANNEL_FAX'], nullValue: 'x' } },
    { aFieldOfTheFuture: 'X' },
    ['CHANNEL_FAX'],
    'CHANNEL_FAX',
  ])('none in %j', (request) => {
    expect(unknownIn(request)).toBeUndefined();
  });

  it('is found under a key that is written with escapes, or with the name of the contract', () => {
    expect(findUnknownName(SendRequestSchema, '{"ch\\u0061nnels": ["CHANNEL_FAX"]}')?.field).toBe(
      'channels[0]',
    );
    const text = '{"recipientPolicy": 1, "policy": {"strategy": "ALL"}}';
    expect(findUnknownName(SendRequestSchema, text)?.field).toBe('policy.strategy');
  });

  it('is not looked for where there is no enum, or no JSON', () => {
    expect(hasEnums(SendRequestSchema)).toBe(true);
    expect(hasEnums(VerifyRequestSchema)).toBe(false);
    expect(findUnknownName(SendRequestSchema, '{"channels": ["CHANNEL_FAX"]')).toBeUndefined();
  });
});
