import { timestampDate } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import {
  type Proof,
  TokenState,
  VerificationTokenService,
} from '../../../gen/otp/v1/verification_token_service_pb.js';
import { channelName } from '../../domain/channels.js';
import { route } from '../dialect.js';
import { optional } from '../shapes.js';
import { contractOperation, givenOperation, operation } from './operation.js';

const STATES: Readonly<Record<number, string>> = {
  [TokenState.ACTIVE]: 'ACTIVE',
  [TokenState.REDEEMED]: 'REDEEMED',
  [TokenState.EXPIRED]: 'EXPIRED',
};

const proof = z.object({
  beneficiary_id: z.string().nullable(),
  sponsor_slug: z.string().nullable(),
  channel: z.enum(['EMAIL', 'SMS', 'WHATSAPP']),
  verified_at: z.iso.datetime(),
  operation: operation.nullable(),
  sandbox: z.boolean(),
});

/** `POST /v1/otp/tokens/redeem`: the consuming service uses the token up, once, for a named operation. */
export const redeem = route({
  method: 'POST',
  path: '/v1/otp/tokens/redeem',
  summary: 'Redeem a verification token for an operation, once',
  calls: VerificationTokenService.method.redeem,
  body: z.object({
    otp_verification_token: z.string().min(1),
    operation: givenOperation,
    recipient: optional(z.string().max(254)).describe('The address expected to be the verified one'),
    accept_sandbox: optional(z.boolean()),
  }),
  response: proof,
  async handle({ body, requestKey, call }) {
    const redeemed = await call({
      verificationToken: body.otp_verification_token,
      operation: contractOperation(body.operation),
      recipient: body.recipient ?? '',
      acceptSandbox: body.accept_sandbox ?? false,
      requestId: requestKey,
    });
    return { body: presentProof(redeemed.proof!) };
  },
});

/** `POST /v1/otp/tokens/introspect`: looks at a token without using it up. */
export const introspect = route({
  method: 'POST',
  path: '/v1/otp/tokens/introspect',
  summary: 'Look at a verification token without redeeming it',
  calls: VerificationTokenService.method.introspect,
  body: z.object({ otp_verification_token: z.string().min(1), accept_sandbox: optional(z.boolean()) }),
  response: proof.extend({
    state: z.enum(['ACTIVE', 'REDEEMED', 'EXPIRED']),
    expires_at: z.iso.datetime(),
    redeemed_at: z.iso.datetime().nullable(),
  }),
  async handle({ body, call }) {
    const seen = await call({
      verificationToken: body.otp_verification_token,
      acceptSandbox: body.accept_sandbox ?? false,
    });
    return {
      body: {
        ...presentProof(seen.proof!),
        state: STATES[seen.state],
        expires_at: timestampDate(seen.expiresAt!).toISOString(),
        redeemed_at: seen.redeemedAt ? timestampDate(seen.redeemedAt).toISOString() : null,
      },
    };
  },
});

function presentProof({ beneficiary, channels, approvedAt, operation: bound, sandbox }: Proof) {
  return {
    beneficiary_id: beneficiary?.beneficiaryId ?? null,
    sponsor_slug: beneficiary?.sponsorSlug ?? null,
    channel: channelName(channels[0]!.channel)!.toUpperCase(),
    verified_at: timestampDate(approvedAt!).toISOString(),
    operation: bound
      ? { type: bound.type, id: bound.id, ...(bound.productType && { product_type: bound.productType }) }
      : null,
    sandbox,
  };
}
