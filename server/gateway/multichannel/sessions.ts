import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { channelEnum } from '../../domain/channels.js';
import { invalid } from '../../errors.js';
import { route } from '../dialect.js';
import { channel, presentSession, sessionShape, status, statusOfWord, twice } from './shapes.js';

const number = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a whole number')
  .meta({ type: 'integer', pattern: undefined, minimum: 0, maximum: 100 })
  .transform(Number);
const flag = z.enum(['true', 'false']);
const time = z.iso.datetime({
  offset: true,
  error: 'must be an RFC 3339 time, such as 2030-01-31T12:00:00Z',
});

type Flag = z.output<typeof flag> | undefined;

/** The filter, by either name. */
function sandboxOf({ sandbox, sandbox_mode }: { readonly sandbox?: Flag; readonly sandbox_mode?: Flag }) {
  if (sandbox && sandbox_mode && sandbox !== sandbox_mode)
    throw invalid('sandbox_mode', 'must not differ from sandbox');
  const word = sandbox ?? sandbox_mode;
  return word === undefined ? {} : { sandbox: word === 'true' };
}

/** `GET /api/v1/otp/sessions`: lists sessions, newest first, by pages; every filter that is given must hold. */
export const listSessions = route({
  method: 'GET',
  path: '/api/v1/otp/sessions',
  summary: 'List OTP sessions, with filtering',
  calls: OtpService.method.listSessions,
  query: z.object({
    status: status.optional(),
    channel: channel.optional(),
    purpose: z.string().max(64).optional(),
    sandbox: flag.optional(),
    sandbox_mode: flag.optional().describe('The same as sandbox, by the name that send has for it'),
    recipient: z.string().max(254).optional().describe('An address in full'),
    created_after: time.optional(),
    created_before: time.optional(),
    metadata: z
      .record(z.string().min(1).max(128), z.string().max(512))
      .optional()
      .describe('Values that the metadata of a session must hold'),
    page_size: number.optional().describe('1 to 100, default 20'),
    page_token: z.string().max(512).optional(),
  }),
  response: twice({ sessions: z.array(sessionShape), next_page_token: z.string() }, {}),
  async handle({ query, call }) {
    const { sessions, nextPageToken } = await call({
      status: statusOfWord(query.status),
      channel: query.channel ? channelEnum(query.channel) : Channel.UNSPECIFIED,
      purpose: query.purpose ?? '',
      ...sandboxOf(query),
      // A plus that is not encoded arrives as a space.
      recipient: query.recipient?.replace(/^ (?=\d)/, '+') ?? '',
      ...(query.created_after && { createdAfter: timestampFromDate(new Date(query.created_after)) }),
      ...(query.created_before && { createdBefore: timestampFromDate(new Date(query.created_before)) }),
      metadata: query.metadata ?? {},
      pageSize: query.page_size ?? 0,
      pageToken: query.page_token ?? '',
    });
    const flat = { sessions: sessions.map(presentSession), next_page_token: nextPageToken };
    return { body: { success: true, ...flat, data: flat } };
  },
});

/** `GET /api/v1/otp/sessions/{id}`: one session. */
export const getSession = route({
  method: 'GET',
  path: '/api/v1/otp/sessions/{id}',
  summary: 'Read one OTP session',
  calls: OtpService.method.getSession,
  response: twice(sessionShape.shape, {}),
  async handle({ params, call }) {
    const { session } = await call({ sessionId: params.id ?? '' });
    const flat = presentSession(session!);
    return { body: { success: true, ...flat, data: flat } };
  },
});

/** `DELETE /api/v1/otp/sessions/{id}`: ends a session that is open; one that has ended by itself stays as it is. */
export const cancelSession = route({
  method: 'DELETE',
  path: '/api/v1/otp/sessions/{id}',
  summary: 'End an OTP session',
  calls: OtpService.method.cancelSession,
  rules: { cancelsOnlyOpen: true },
  response: twice(sessionShape.shape, {}),
  async handle({ params, call }) {
    const { session } = await call({ sessionId: params.id ?? '' });
    const flat = presentSession(session!);
    return { body: { success: true, ...flat, data: flat } };
  },
});
