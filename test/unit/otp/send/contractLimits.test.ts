import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { SendRequestSchema } from '../../../../gen/otp/v1/otp_service_pb.js';
import { Channel } from '../../../../gen/otp/v1/session_pb.js';
import { checkRules } from '../../../../server/contract/validation.js';
import { SESSION_LIMITS } from '../../../../server/session/limits.js';

type Request = MessageInitShape<typeof SendRequestSchema>;

const { codeLength, lifetimeSeconds, attempts, fallback } = SESSION_LIMITS;
const seconds = (value: number) => durationFromMs(value * 1000);
const step = (wait: number) => ({ channel: Channel.SMS, wait: seconds(wait) });

/** A number of the contract, its bounds, and a request that has it. */
const BOUNDS: readonly [string, number, number, (value: number) => Request][] = [
  ['config.code_length', codeLength.min, codeLength.max, (value) => ({ config: { codeLength: value } })],
  [
    'config.lifetime',
    lifetimeSeconds.min,
    lifetimeSeconds.max,
    (value) => ({ config: { lifetime: seconds(value) } }),
  ],
  ['config.max_attempts', attempts.min, attempts.max, (value) => ({ config: { maxAttempts: value } })],
  [
    'fallback[0].wait',
    fallback.waitSeconds.min,
    fallback.waitSeconds.max,
    (value) => ({ fallback: [step(value)] }),
  ],
  ['fallback', 0, fallback.steps, (value) => ({ fallback: Array(Math.max(0, value)).fill(step(60)) })],
];

/** The fields of the request that the rules of the contract refuse. */
function refused(request: Request): readonly string[] {
  try {
    checkRules(SendRequestSchema, create(SendRequestSchema, request));
    return [];
  } catch (failure) {
    return (failure as { details: { violations: { field: string }[] } }).details.violations.map(
      ({ field }) => field,
    );
  }
}

describe('the rules of the contract have the bounds of SESSION_LIMITS', () => {
  it.each(BOUNDS)('%s: %i to %i', (field, min, max, request) => {
    expect(refused(request(min))).not.toContain(field);
    expect(refused(request(max))).not.toContain(field);
    expect(refused(request(max + 1))).toContain(field);
    if (min > 0) expect(refused(request(min - 1))).toContain(field);
  });
});
