import { BeneficiarySchema, type SponsorService } from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import {
  type AddressField,
  beneficiaryKey,
  isKeyPart,
  type StoredBeneficiary,
  type StoredSponsor,
  sealAddress,
  sponsorKey,
} from './stored.js';
import { beneficiaryToProto } from './toProto.js';

const CHANGEABLE = ['phone', 'email'] as const satisfies readonly AddressField[];

type BeneficiaryMethods =
  | 'createBeneficiary'
  | 'getBeneficiary'
  | 'listBeneficiaries'
  | 'updateBeneficiary'
  | 'deleteBeneficiary';

/** The operator's side of the people sponsors have on file. Addresses go in and never come out. */
export function createBeneficiaryHandlers(
  documents: Documents,
  encryption: Encryption,
  clock: Clock,
): Pick<Handlers<typeof SponsorService>, BeneficiaryMethods> {
  const sponsors = documents.collection<StoredSponsor>('sponsors');
  const beneficiaries = documents.collection<StoredBeneficiary>('beneficiaries');

  function target(call: Call, requested: string, slug: string, id: string): string {
    call.resource = `sponsors/${slug}/beneficiaries/${id}`;
    return beneficiaryKey(targetWorkspace(call, requested), slug, id);
  }

  async function requireSponsor(_id: string): Promise<void> {
    if (!(await sponsors.findOne({ _id, deletingAt: null }))) throw new Failure('NOT_FOUND');
  }

  return {
    async createBeneficiary(call, request) {
      requireLive(call);
      const given = request.beneficiary!;
      const _id = target(call, request.workspace, given.sponsorSlug, given.beneficiaryId);
      const sponsor = sponsorKey(targetWorkspace(call, request.workspace), given.sponsorSlug);
      await requireSponsor(sponsor);
      const beneficiary = {
        _id,
        ...Object.fromEntries(
          CHANGEABLE.filter((field) => given[field]).map((field) => [
            field,
            sealAddress(encryption, _id, field, given[field]),
          ]),
        ),
        createdAt: new Date(clock.now()),
      };
      if (!(await insertOnce(beneficiaries, beneficiary))) throw new Failure('ALREADY_EXISTS');
      try {
        // A sponsor that began to be deleted meanwhile may have looked for people before this one was there.
        await requireSponsor(sponsor);
      } catch (error) {
        await beneficiaries.deleteOne({ _id });
        throw error;
      }
      return { beneficiary: beneficiaryToProto(beneficiary, given.sponsorSlug, given.beneficiaryId) };
    },

    async getBeneficiary(call, request) {
      const { sponsorSlug, beneficiaryId } = request;
      const _id = target(call, request.workspace, sponsorSlug, beneficiaryId);
      const beneficiary = await beneficiaries.findOne({ _id });
      if (!beneficiary) throw new Failure('NOT_FOUND');
      return { beneficiary: beneficiaryToProto(beneficiary, sponsorSlug, beneficiaryId) };
    },

    async listBeneficiaries(call, request) {
      const sponsor = sponsorKey(targetWorkspace(call, request.workspace), request.sponsorSlug);
      await requireSponsor(sponsor);
      const prefix = `${sponsor}/`;
      const { items, nextPageToken } = await readPage(beneficiaries, { prefix }, request);
      return {
        beneficiaries: items.map((item) =>
          beneficiaryToProto(item, request.sponsorSlug, item._id.slice(prefix.length)),
        ),
        nextPageToken,
      };
    },

    async updateBeneficiary(call, request) {
      requireLive(call);
      const { sponsorSlug = '', beneficiaryId = '' } = request.beneficiary ?? {};
      const _id = target(call, request.workspace, sponsorSlug, beneficiaryId);
      const before = isKeyPart(sponsorSlug + beneficiaryId) ? await beneficiaries.findOne({ _id }) : null;
      if (!before) throw new Failure('NOT_FOUND');
      const { resource, fields } = applyUpdateMask(BeneficiarySchema, {
        current: beneficiaryToProto(before, sponsorSlug, beneficiaryId),
        patch: request.beneficiary,
        mask: request.updateMask,
        changeable: CHANGEABLE,
        resource: 'beneficiary',
      });
      const named = CHANGEABLE.filter((field) => fields.includes(field));
      const sealed = named
        .filter((field) => resource[field])
        .map((field) => [field, sealAddress(encryption, _id, field, resource[field])]);
      const cleared = named.filter((field) => !resource[field]).map((field) => [field, '']);
      const after = await beneficiaries.findOneAndUpdate(
        { _id },
        {
          ...(sealed.length > 0 && { $set: Object.fromEntries(sealed) }),
          ...(cleared.length > 0 && { $unset: Object.fromEntries(cleared) }),
        },
      );
      if (!after) throw new Failure('NOT_FOUND');
      return { beneficiary: beneficiaryToProto(after, sponsorSlug, beneficiaryId) };
    },

    async deleteBeneficiary(call, request) {
      requireLive(call);
      const _id = target(call, request.workspace, request.sponsorSlug, request.beneficiaryId);
      if ((await beneficiaries.deleteOne({ _id })) === 0) throw new Failure('NOT_FOUND');
      return {};
    },
  };
}
