import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema } from '../../gen/google/rpc/error_details_pb.js';
import { serviceForSuite } from '../support/serviceForSuite.js';
import { deliveredCode, otherThan } from './support/delivered.js';

const BUF = resolve('node_modules/.bin/buf');

const service = serviceForSuite();

interface Ran {
  /** buf's exit code: for an error of the service its gRPC code times eight. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** buf curl, which knows the contract only from reflection. */
const curl = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(BUF, ['curl', ...args], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });

const call = (protocol: string, method: string, request: object) =>
  curl(
    ...['--protocol', protocol, '-H', `authorization: Bearer ${service.liveKey}`],
    ...['-d', JSON.stringify(request), `${service.baseUrl}/otp.v1.${method}`],
  );

// A process a call.
describe('buf curl, without a schema', { timeout: 30_000 }, () => {
  it('lists the services', async () => {
    const { stdout } = await curl('--list-services', service.baseUrl);
    const services = stdout.trim().split('\n');
    expect(services).toEqual(
      expect.arrayContaining([
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        'otp.v1.OtpService',
        'otp.v1.VerificationTokenService',
      ]),
    );
  });

  it.each(['grpc-v1', 'grpc-v1alpha'])('lists the methods through reflection %s', async (version) => {
    const { stdout } = await curl('--list-methods', '--reflect-protocol', version, service.baseUrl);
    expect(stdout.split('\n')).toContain('otp.v1.OtpService/Send');
  });

  it.each(['connect', 'grpc', 'grpcweb'])(
    'sends, verifies and redeems over %s, and shows errors',
    async (protocol) => {
      const sent = await call(protocol, 'OtpService/Send', {
        recipients: { email: `curl.${protocol}@example.com` },
      });
      const sessionId: string = JSON.parse(sent.stdout).session.id;
      const code = await deliveredCode(service, sessionId);

      const wrong = await call(protocol, 'OtpService/Verify', { sessionId, code: otherThan(code) });
      expect(wrong.code).toBe(3 * 8);
      const error = JSON.parse(wrong.stderr);
      expect(error).toMatchObject({ code: 'invalid_argument', message: 'Invalid OTP' });
      const [info] = error.details;
      expect(info.type).toBe('google.rpc.ErrorInfo');
      expect(fromBinary(ErrorInfoSchema, Buffer.from(info.value, 'base64'))).toMatchObject({
        reason: 'INVALID_CODE',
        metadata: { attempts_remaining: '2', channel: 'email' },
      });

      const verified = await call(protocol, 'OtpService/Verify', { sessionId, code });
      expect(JSON.parse(verified.stdout)).toMatchObject({ session: { status: 'SESSION_STATUS_APPROVED' } });
      const { verificationToken } = JSON.parse(verified.stdout);

      const proof = { verificationToken, operation: { type: 'payment', id: '1' } };
      const redeemed = await call(protocol, 'VerificationTokenService/Redeem', proof);
      expect(JSON.parse(redeemed.stdout)).toMatchObject({ proof: { sessionId, operation: proof.operation } });
      const again = await call(protocol, 'VerificationTokenService/Redeem', proof);
      expect(again).toMatchObject({ code: 9 * 8, stderr: expect.stringContaining('redeemed before') });
    },
  );

  it('shows which field a request lacks', async () => {
    const { code, stderr } = await call('connect', 'OtpService/Send', {});
    expect(code).toBe(3 * 8);
    expect(stderr).toContain('recipients');
  });
});
