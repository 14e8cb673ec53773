import type { SponsorService } from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import type { Handlers } from '../../call/handlers.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { createBeneficiaryHandlers } from './beneficiaryHandlers.js';
import { createSponsorHandlers } from './sponsorHandlers.js';
import type { Sponsors } from './sponsors.js';

interface Deps {
  readonly documents: Documents;
  readonly sponsors: Sponsors;
  readonly workspaces: Workspaces;
  readonly encryption: Encryption;
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
}

/** The operator's side of sponsors and of the people they have on file. */
export const createSponsorServiceHandlers = (deps: Deps): Handlers<typeof SponsorService> => ({
  ...createSponsorHandlers(deps.documents, deps.sponsors, deps.workspaces, deps.clock),
  ...createBeneficiaryHandlers(deps),
});
