import { create, type MessageShape } from '@bufbuild/protobuf';
import { TemplateSchema } from '../../../gen/otp/admin/v1/template_service_pb.js';
import { timestampField } from '../../contract/timestampField.js';
import { messageKind } from '../../delivery/messageKind.js';
import { type StoredTemplate, templateKey } from './stored.js';

/** A template as the contract shows it. */
export function templateToProto({
  channel,
  transaction = false,
  locale,
  subject,
  text,
  html,
  createdAt,
  updatedAt,
}: StoredTemplate): MessageShape<typeof TemplateSchema> {
  return create(TemplateSchema, {
    key: templateKey(messageKind(channel, transaction)),
    locale,
    subject: subject ?? '',
    text,
    html: html ?? '',
    ...timestampField('createdAt', createdAt),
    ...timestampField('updatedAt', updatedAt),
  });
}
