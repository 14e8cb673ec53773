import {
  Requirement,
  type Sponsor,
  SponsorSchema,
  type SponsorService,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { CHANNELS, channelEnum } from '../../domain/channels.js';
import { firstAmbiguous, type RequirementName, type SponsorRule } from '../../domain/sponsorRules.js';
import { Failure, invalid } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { createDeleteSponsor } from './deleteSponsor.js';
import type { Sponsors } from './sponsors.js';
import { isKeyPart, type StoredSponsor, sponsorKey } from './stored.js';
import { sponsorToProto } from './toProto.js';

const CHANGEABLE = ['display_name', 'channels', 'otp_forbidden', 'rules', 'clients'];

type SponsorMethods = 'createSponsor' | 'getSponsor' | 'listSponsors' | 'updateSponsor' | 'deleteSponsor';

/** The operator's side of sponsors. */
export function createSponsorHandlers(
  documents: Documents,
  sponsors: Sponsors,
  workspaces: Workspaces,
  clock: Clock,
): Pick<Handlers<typeof SponsorService>, SponsorMethods> {
  const stored = documents.collection<StoredSponsor>('sponsors');
  const deleteSponsor = createDeleteSponsor(documents, clock);

  function target(call: Call, requested: string, slug: string): { workspace: string; _id: string } {
    const workspace = targetWorkspace(call, requested);
    call.resource = `sponsors/${slug}`;
    return { workspace, _id: sponsorKey(workspace, slug) };
  }

  return {
    async createSponsor(call, request) {
      requireLive(call);
      const given = request.sponsor!;
      const { workspace, _id } = target(call, request.workspace, given.slug);
      if (!(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const sponsor = { _id, ...settingsOf(given), createdAt: new Date(clock.now()) };
      if (!(await insertOnce(stored, sponsor))) throw new Failure('ALREADY_EXISTS');
      sponsors.forget(workspace, given.slug);
      return { sponsor: sponsorToProto(sponsor) };
    },

    async getSponsor(call, request) {
      const { _id } = target(call, request.workspace, request.slug);
      const sponsor = await stored.findOne({ _id, deletingAt: null });
      if (!sponsor) throw new Failure('NOT_FOUND');
      return { sponsor: sponsorToProto(sponsor) };
    },

    async listSponsors(call, request) {
      const prefix = `${targetWorkspace(call, request.workspace)}/`;
      const listing = { prefix, filter: { deletingAt: null } };
      const { items, nextPageToken } = await readPage(stored, listing, request);
      return { sponsors: items.map(sponsorToProto), nextPageToken };
    },

    async updateSponsor(call, request) {
      requireLive(call);
      const slug = request.sponsor?.slug ?? '';
      const { workspace, _id } = target(call, request.workspace, slug);
      const before = isKeyPart(slug) ? await stored.findOne({ _id, deletingAt: null }) : null;
      if (!before) throw new Failure('NOT_FOUND');
      const { resource, fields } = applyUpdateMask(SponsorSchema, {
        current: sponsorToProto(before),
        patch: request.sponsor,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'sponsor',
      });
      const settings: Record<string, unknown> = settingsOf(resource);
      const changed = fields.map(
        (field) => SponsorSchema.fields.find(({ name }) => name === field)!.localName,
      );
      const after = await stored.findOneAndUpdate(
        { _id, deletingAt: null },
        { $set: Object.fromEntries(changed.map((name) => [name, settings[name]])) },
      );
      sponsors.forget(workspace, slug);
      if (!after) throw new Failure('NOT_FOUND');
      return { sponsor: sponsorToProto(after) };
    },

    async deleteSponsor(call, request) {
      requireLive(call);
      const { workspace, _id } = target(call, request.workspace, request.slug);
      await deleteSponsor(_id, request.force, () => sponsors.forget(workspace, request.slug));
      return {};
    },
  };
}

const REQUIREMENTS: Readonly<Record<number, RequirementName>> = {
  [Requirement.OPTIONAL]: 'OPTIONAL',
  [Requirement.REQUIRED]: 'REQUIRED',
  [Requirement.FORBIDDEN]: 'FORBIDDEN',
};

type Settings = Omit<StoredSponsor, '_id' | 'createdAt' | 'deletingAt'>;

/** What an operator decides about a sponsor. Throws INVALID_REQUEST for rules that contradict each other. */
function settingsOf({ displayName, channels, otpForbidden, rules, clients }: Sponsor): Settings {
  const read = rules.map(
    ({ operation, productTypes, requirement }): SponsorRule => ({
      operation,
      productTypes: [...productTypes],
      requirement: REQUIREMENTS[requirement] ?? 'OPTIONAL',
    }),
  );
  const ambiguous = firstAmbiguous(read);
  if (ambiguous >= 0) {
    throw invalid(`sponsor.rules[${ambiguous}]`, 'names an operation and product that an earlier rule names');
  }
  return {
    displayName,
    channels: CHANNELS.filter((name) => channels.includes(channelEnum(name))),
    otpForbidden,
    rules: read,
    clients: [...clients],
  };
}
