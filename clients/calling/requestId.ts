import { clone, type DescMessage, type DescMethod, type MessageShape } from '@bufbuild/protobuf';
import { OtpService } from '../../gen/otp/v1/otp_service_pb.js';
import { VerificationPageService } from '../../gen/otp/v1/verification_page_service_pb.js';
import { VerificationTokenService } from '../../gen/otp/v1/verification_token_service_pb.js';

/** The calls whose success the server remembers under `request_id`: repeated with the same id, they happen once. */
const REMEMBERED: ReadonlySet<DescMethod> = new Set<DescMethod>([
  OtpService.method.send,
  OtpService.method.resend,
  VerificationPageService.method.createVerificationPage,
  VerificationTokenService.method.redeem,
]);

/** Whether a call of this method is safe to repeat once it has a request id. */
export const takesRequestId = (method: DescMethod): boolean => REMEMBERED.has(method);

/** The request with an id of its own, unless the caller gave it one. The caller's object is not changed. */
export function withRequestId<I extends DescMessage>(schema: I, request: MessageShape<I>): MessageShape<I> {
  if ((request as { requestId?: string }).requestId) return request;
  return Object.assign(clone(schema, request), { requestId: newRequestId() });
}

/** Browsers offer randomUUID to secure pages only, but random bytes to all pages. */
function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
