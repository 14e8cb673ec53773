import type { RequirementService } from '../../../gen/otp/v1/requirement_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { channelEnum } from '../../domain/channels.js';
import { operationsOf, requirementOf } from '../../domain/sponsorRules.js';
import { satisfactionKey } from '../../session/satisfaction.js';
import type { StoredSession } from '../../session/stored.js';
import type { Documents } from '../../store/documents.js';
import { requirementFor, type Sponsors } from './sponsors.js';

/** Says whether a sponsor wants an OTP, and whether one was given. */
export function createRequirementHandlers(
  documents: Documents,
  sponsors: Sponsors,
): Handlers<typeof RequirementService> {
  const sessions = documents.collection<StoredSession>('sessions');
  return {
    async getSponsorConfiguration({ principal }, { sponsorSlug, productType }) {
      const sponsor = await sponsors.open(principal.workspace, principal.client, sponsorSlug);
      const operations = operationsOf(sponsor.rules).flatMap((operation) => {
        const requirement = requirementOf(sponsor.rules, operation, productType || undefined);
        return requirement === undefined || requirement === 'FORBIDDEN'
          ? []
          : [{ operation, otpRequired: requirement === 'REQUIRED' }];
      });
      return {
        sponsorSlug,
        productType,
        operations: sponsor.otpForbidden ? [] : operations,
        channels: sponsor.otpForbidden ? [] : sponsor.channels.map(channelEnum),
      };
    },

    async getVerificationStatus({ principal }, { sponsorSlug, operation }) {
      const { workspace, client, mode } = principal;
      const sponsor = await sponsors.open(workspace, client, sponsorSlug);
      const { type, id, productType } = operation!;
      const satisfies = satisfactionKey(workspace, sponsorSlug, { type, id });
      // A test key sees no live session, and a sandbox session satisfies nothing.
      const satisfied = mode === 'live' && (await sessions.findOne({ satisfies })) !== null;
      return { otpRequired: requirementFor(sponsor, { type, productType }) === 'REQUIRED', satisfied };
    },
  };
}
