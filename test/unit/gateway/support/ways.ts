import { readError } from '../../../../clients/errors/index.js';
import { Channel, SessionStatus } from '../../../../gen/otp/v1/session_pb.js';
import { idToOtp, parseId } from '../../../../server/domain/ids.js';
import { newBeneficiary, send } from '../../../promises/support/beneficiaryApi.js';
import { newPhone, request } from '../../../promises/support/messagingApi.js';
import { apiKey, bearer, type RestResponse, restClient } from '../../../support/rest.js';
import type { TestService } from '../../../support/service.js';
import { type Connected, FIVE_CLIENTS } from '../../../wire/support/fiveClients.js';

/** The result of checking a code: APPROVED, or the reason of the error table. */
export interface Outcome {
  readonly outcome: string;
  /** The verification token, where the way hands it out. */
  readonly token?: string;
}

/** One way into the service, in the words that all have in common. */
export interface Way {
  readonly name: string;
  /** Opens a session to a new phone, by SMS. Gives back its id as a UUID. */
  begin(): Promise<string>;
  check(sessionId: string, code: string): Promise<Outcome>;
  /** The status of the session; not every transport shows it. */
  inspect?(sessionId: string): Promise<{ status: string; attempts: number }>;
  resend?(sessionId: string): Promise<string>;
  redeem?(token: string, operationId: string): Promise<string>;
  close?(): void;
}

/** Every way into a service, all with its live key. */
export const waysInto = (service: TestService): readonly Way[] => [
  beneficiaryWay(service),
  multichannelWay(service),
  messagingWay(service),
  ...[0, 3, 4].map((n) =>
    contractWay(FIVE_CLIENTS[n]!.name, FIVE_CLIENTS[n]!.connect(service.baseUrl, service.liveKey)),
  ),
];

const must = (response: RestResponse): RestResponse => {
  if (response.status !== 200) throw new Error(response.text);
  return response;
};

function beneficiaryWay(service: TestService): Way {
  const api = restClient(service.baseUrl, bearer(service.liveKey));
  return {
    name: 'beneficiary',
    begin: async () => parseId(must(await send(api, await newBeneficiary(service))).body.otp_id)!,
    async check(sessionId, code) {
      const { status, body } = await api.post('/v1/otp/validate', { otp_id: idToOtp(sessionId), code });
      return status === 200
        ? { outcome: 'APPROVED', token: body.otp_verification_token }
        : { outcome: body.code };
    },
    async redeem(otp_verification_token, id) {
      const { status, body } = await api.post('/v1/otp/tokens/redeem', {
        otp_verification_token,
        operation: { type: 'DISPENSATION', id },
      });
      return status === 200 ? 'OK' : body.code;
    },
  };
}

function multichannelWay(service: TestService): Way {
  const api = restClient(service.baseUrl, apiKey(service.liveKey));
  return {
    name: 'multichannel',
    begin: async () =>
      must(await api.post('/api/v1/otp/send', { recipients: { sms: newPhone() } })).body.session_id,
    async check(session_id, sms) {
      const { status, body } = await api.post('/api/v1/otp/verify', { session_id, otps: { sms } });
      return status === 200
        ? { outcome: body.status, token: body.verification_token }
        : { outcome: body.code };
    },
    async inspect(sessionId) {
      const { body } = must(await api.get(`/api/v1/otp/sessions/${sessionId}`));
      return { status: body.status, attempts: body.attempts_remaining };
    },
    async resend(session_id) {
      const { status, body } = await api.post('/api/v1/otp/resend', { session_id });
      return status === 200 ? 'OK' : body.code;
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  APPROVED: 'APPROVED',
  INVALID: 'INVALID_CODE',
  EXPIRED: 'SESSION_EXPIRED',
  MAX_ATTEMPTS_REACHED: 'ATTEMPTS_EXHAUSTED',
  ALREADY_USED: 'ALREADY_VERIFIED',
  NOT_FOUND: 'SESSION_NOT_FOUND',
};

function messagingWay(service: TestService): Way {
  const api = restClient(service.baseUrl, bearer(service.liveKey));
  return {
    name: 'messaging',
    begin: async () => must(await request(api, newPhone())).body.data.sessionId,
    async check(sessionId, code) {
      const { body } = await api.post('/v1/messaging/otp/verify', { sessionId, code });
      return { outcome: REASONS[body.data?.status] ?? body.code };
    },
  };
}

const wordOf = (status: SessionStatus): string =>
  Object.entries(SessionStatus).find(([, value]) => value === status)![0];

function contractWay(name: string, { otp, tokens, close }: Connected): Way {
  const reasonOf = (error: unknown) => readError(error).reason;
  return {
    name,
    begin: async () => (await otp.send({ recipients: { sms: newPhone() } })).session!.id,
    check: (sessionId, code) =>
      otp.verify({ sessionId, codes: { sms: code } }).then(
        ({ session, verificationToken }) => ({
          outcome: wordOf(session!.status),
          token: verificationToken,
        }),
        (error) => ({ outcome: reasonOf(error) }),
      ),
    async inspect(sessionId) {
      const { session } = await otp.getSession({ sessionId });
      return { status: wordOf(session!.status), attempts: session!.attemptsRemaining };
    },
    resend: (sessionId) => otp.resend({ sessionId, channels: [Channel.SMS] }).then(() => 'OK', reasonOf),
    redeem: (verificationToken, id) =>
      tokens
        .redeem({ verificationToken, operation: { type: 'DISPENSATION', id } })
        .then(() => 'OK', reasonOf),
    close,
  };
}
