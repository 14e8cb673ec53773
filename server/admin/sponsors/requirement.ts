import type { RequirementService } from '../../../gen/otp/v1/requirement_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import { channelEnum } from '../../domain/channels.js';
import { partitionOf } from '../../domain/principal.js';
import { operationsOf, requirementsOf } from '../../domain/sponsorRules.js';
import { operationKey } from '../../session/operationKey.js';
import type { StoredSession } from '../../session/stored.js';
import type { Documents } from '../../store/documents.js';
import { requires, type Sponsors } from './sponsors.js';
import type { StoredSponsor } from './stored.js';

/** Most sessions of one operation that are looked at for its product. */
const MOST_READ = 100;

/** The products that codes were sent for count as well as the one asked about: a caller cannot choose the weaker rule. */
const isRequired = (sponsor: StoredSponsor, type: string, products: readonly string[]): boolean =>
  products.length === 0
    ? requires(sponsor, { type })
    : products.some((productType) => requires(sponsor, { type, productType }));

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
        const requirements = requirementsOf(sponsor.rules, { type: operation, productType });
        const otpRequired = requirements.has('REQUIRED');
        return otpRequired || requirements.has('OPTIONAL') ? [{ operation, otpRequired }] : [];
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
      const key = operationKey(workspace, sponsorSlug, { type, id });
      // A test key sees no live session, and a sandbox session satisfies nothing.
      const satisfied = mode === 'live' && (await sessions.findOne({ satisfies: key })) !== null;
      const products = new Set(productType ? [productType] : []);
      const filter = { operationKey: key, partition: partitionOf(principal) };
      for await (const { operation: sent } of sessions.find(filter, { limit: MOST_READ })) {
        if (sent?.productType) products.add(sent.productType);
      }
      return { otpRequired: isRequired(sponsor, type, [...products]), satisfied };
    },
  };
}
