import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { create, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { GetSessionResponseSchema, OtpService } from '../../../gen/otp/v1/otp_service_pb.js';
import { handleRequests } from './requests.js';

/**
 * The least that GetSession over Connect can cost: Connect's own adapter and a
 * handler that returns one and the same message.
 */
let response = create(GetSessionResponseSchema);

const adapter = connectNodeAdapter({
  routes: (router) => router.rpc(OtpService.method.getSession, () => response),
});
const http1 = createServer(adapter);
const http2 = createHttp2Server(adapter);
const listening = Promise.all(
  [http1, http2].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
);

handleRequests({
  async ports() {
    await listening;
    return { http1: (http1.address() as AddressInfo).port, http2: (http2.address() as AddressInfo).port };
  },
  respondWith(json: JsonValue) {
    response = fromJson(GetSessionResponseSchema, json);
  },
});
