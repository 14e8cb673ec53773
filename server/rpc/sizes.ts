import type { DescMethod } from '@bufbuild/protobuf';
import { ConfigurationService } from '../../gen/otp/admin/v1/configuration_service_pb.js';

/** The largest request, bytes. A full Send is under 16 KiB. */
export const READ_MAX = 65_536;

/** Methods whose requests may be larger, and how large: a document of 1 MiB, escaped in JSON. */
const LARGE: ReadonlyMap<DescMethod, number> = new Map<DescMethod, number>([
  [ConfigurationService.method.applyConfiguration, 2_621_440],
]);

/** The largest request of a method. */
export const readMaxOf = (method: DescMethod): number => LARGE.get(method) ?? READ_MAX;

/** Bytes before a message of gRPC and of a stream: one of flags and four of its length. */
export const ENVELOPE_HEAD = 5;
