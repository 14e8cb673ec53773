import { create, type MessageShape } from '@bufbuild/protobuf';
import {
  BeneficiarySchema,
  Requirement,
  SponsorSchema,
} from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { channelEnum } from '../../domain/channels.js';
import { idOf } from '../../store/documentId.js';
import type { StoredBeneficiary, StoredSponsor } from './stored.js';

/** A sponsor as the contract shows it. */
export function sponsorToProto(sponsor: StoredSponsor): MessageShape<typeof SponsorSchema> {
  return create(SponsorSchema, {
    slug: idOf(sponsor),
    displayName: sponsor.displayName,
    channels: sponsor.channels.map(channelEnum),
    otpForbidden: sponsor.otpForbidden,
    rules: sponsor.rules.map(({ operation, productTypes, requirement }) => ({
      operation,
      productTypes: [...productTypes],
      requirement: Requirement[requirement],
    })),
    clients: [...sponsor.clients],
    ...timestampField('createdAt', sponsor.createdAt),
  });
}

/** A beneficiary, addresses masked, as the contract shows it. */
export const beneficiaryToProto = (
  { phone, email, createdAt }: StoredBeneficiary,
  sponsorSlug: string,
  beneficiaryId: string,
): MessageShape<typeof BeneficiarySchema> =>
  create(BeneficiarySchema, {
    sponsorSlug,
    beneficiaryId,
    maskedPhone: phone?.masked ?? '',
    maskedEmail: email?.masked ?? '',
    ...timestampField('createdAt', createdAt),
  });
