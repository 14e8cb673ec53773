import { createServer as createHttp1Server, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { ConnectRouter } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import {
  OtpService,
  type SendRequestSchema,
  type SendResponseSchema,
} from '../../../gen/otp/v1/otp_service_pb.js';
import { VerificationTokenService } from '../../../gen/otp/v1/verification_token_service_pb.js';

/** What the fake service does with a call: respond, throw, or wait. */
type Respond = (calls: number, signal: AbortSignal) => object | Promise<object>;

/** A server that replaces the service, so that a test can make it fail. */
export interface FakeService {
  readonly baseUrl: string;
  /** Methods called so far, in order. */
  readonly calls: readonly string[];
  /** The request ids they carried. */
  readonly requestIds: readonly string[];
  stop(): Promise<void>;
}

/** Responds to every method with the result of `respond`. HTTP/1.1 for Connect and gRPC-Web, HTTP/2 for gRPC and Connect. */
export async function startFakeService(http: 1 | 2, respond: Respond): Promise<FakeService> {
  const calls: string[] = [];
  const requestIds: string[] = [];
  const routes = (router: ConnectRouter) => {
    for (const service of [OtpService, VerificationTokenService]) {
      const methods = service.methods.map((method) => [
        method.localName,
        (request: MessageShape<typeof SendRequestSchema>, { signal }: { signal: AbortSignal }) => {
          calls.push(method.localName);
          requestIds.push(request.requestId ?? '');
          return respond(calls.length, signal) as MessageInitShape<typeof SendResponseSchema>;
        },
      ]);
      router.service(service, Object.fromEntries(methods));
    }
  };
  const adapter = connectNodeAdapter({ routes });
  const sessions = new Set<ServerHttp2Session>();
  const server: Server | Http2Server = http === 1 ? createHttp1Server(adapter) : createHttp2Server(adapter);
  if (http === 2) (server as Http2Server).on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    calls,
    requestIds,
    async stop() {
      for (const session of sessions) session.destroy();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
