import { z } from 'zod';
import { RequirementService } from '../../../gen/otp/v1/requirement_service_pb.js';
import { channelName } from '../../domain/channels.js';
import { route } from '../dialect.js';

const product = z.string().max(64).default('').describe('Such as MEDICATION, LAB, IMAGING or PROCEDURE');

/** The two signals by which a sponsor says whether it wants an OTP. */
export const requirementRoutes = [
  route({
    method: 'GET',
    path: '/v1/sponsors/{slug}/configuration',
    summary: 'Which operations of a product need an OTP (getSponsorConfiguration)',
    calls: RequirementService.method.getSponsorConfiguration,
    query: z.object({ product_type: product }),
    response: z.object({
      sponsor_slug: z.string(),
      product_type: z.string(),
      operations: z.array(z.object({ operation: z.string(), otp_required: z.boolean() })),
      channels: z.array(z.enum(['EMAIL', 'SMS', 'WHATSAPP'])),
    }),
    async handle({ params, query, call }) {
      const { operations, channels } = await call({
        sponsorSlug: params.slug ?? '',
        productType: query.product_type,
      });
      return {
        body: {
          sponsor_slug: params.slug,
          product_type: query.product_type,
          operations: operations.map(({ operation, otpRequired }) => ({
            operation,
            otp_required: otpRequired,
          })),
          channels: channels.map((channel) => channelName(channel)!.toUpperCase()),
        },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/dispensations/{id}/verification-status',
    summary: 'Whether a dispensation needs an OTP (getDispensationVerificationStatus)',
    calls: RequirementService.method.getVerificationStatus,
    query: z.object({ sponsor_slug: z.string().min(1).max(64), product_type: product }),
    response: z.object({
      dispensation_id: z.string(),
      verification_required: z.literal('OTP').nullable(),
      satisfied: z.boolean().describe('A live verification token was redeemed for it'),
    }),
    async handle({ params, query, call }) {
      const { otpRequired, satisfied } = await call({
        sponsorSlug: query.sponsor_slug,
        operation: { type: 'DISPENSATION', id: params.id ?? '', productType: query.product_type },
      });
      return {
        body: { dispensation_id: params.id, verification_required: otpRequired ? 'OTP' : null, satisfied },
      };
    },
  }),
];
