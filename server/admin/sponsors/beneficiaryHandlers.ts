import { toJsonString } from '@bufbuild/protobuf';
import {
  BeneficiarySchema,
  ImportBeneficiariesRequestSchema,
  type SponsorService,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers } from '../../call/handlers.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { Encryption } from '../../secrets/encryption.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import type { Documents } from '../../store/documents.js';
import { insertOnce } from '../../store/insertOnce.js';
import { readPage } from '../shared/paging.js';
import { requireLive, targetWorkspace } from '../shared/target.js';
import { applyUpdateMask } from '../shared/update.js';
import { createImportBeneficiaries, rowToProto } from './importBeneficiaries.js';
import { createImportRequests } from './importRequests.js';
import { sealAddress } from './readAddress.js';
import {
  type AddressField,
  beneficiaryKey,
  isKeyPart,
  type StoredBeneficiary,
  type StoredSponsor,
  sponsorKey,
} from './stored.js';
import { beneficiaryToProto } from './toProto.js';

const CHANGEABLE = ['phone', 'email'] as const satisfies readonly AddressField[];

type BeneficiaryMethods =
  | 'createBeneficiary'
  | 'getBeneficiary'
  | 'listBeneficiaries'
  | 'updateBeneficiary'
  | 'deleteBeneficiary'
  | 'importBeneficiaries';

interface Deps {
  readonly documents: Documents;
  readonly encryption: Encryption;
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
}

/** The operator's side of the people sponsors have on file. Addresses go in and never come out. */
export function createBeneficiaryHandlers(
  deps: Deps,
): Pick<Handlers<typeof SponsorService>, BeneficiaryMethods> {
  const { documents, encryption, clock } = deps;
  const importRows = createImportBeneficiaries(deps);
  const importOnce = createImportRequests(deps);
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
            sealAddress(encryption, _id, { field, text: given[field] }),
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
        .map((field) => [field, sealAddress(encryption, _id, { field, text: resource[field] })]);
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

    async importBeneficiaries(call, request) {
      requireLive(call);
      const workspace = targetWorkspace(call, request.workspace);
      const { sponsorSlug, requestId } = request;
      call.resource = `sponsors/${sponsorSlug}/beneficiaries`;
      const sponsor = sponsorKey(workspace, sponsorSlug);
      await requireSponsor(sponsor);
      const text = toJsonString(ImportBeneficiariesRequestSchema, { ...request, workspace, requestId: '' });
      const results = await importOnce({ workspace, requestId, request: text }, async () => {
        const rows = await importRows(workspace, request);
        const isKept = request.dryRun || (await sponsors.findOne({ _id: sponsor, deletingAt: null }));
        if (isKept) return rows;
        // As in createBeneficiary: deleting the sponsor may not have seen these.
        for (const { beneficiaryId, result } of rows)
          if (result === 'CREATED') await beneficiaries.deleteOne({ _id: `${sponsor}/${beneficiaryId}` });
        throw new Failure('NOT_FOUND');
      });
      return { results: results.map(rowToProto) };
    },
  };
}
