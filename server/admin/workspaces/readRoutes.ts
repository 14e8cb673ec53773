import type { MessageShape } from '@bufbuild/protobuf';
import type { RouteSchema } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import type { RouteNames, Routes } from '../../delivery/providerOrder.js';
import { invalid } from '../../errors.js';
import { type AssuranceName, refusedChannel } from '../../session/assurance.js';
import { namedChannel } from '../shared/channel.js';

type Message = MessageShape<typeof RouteSchema>;

/** The routes a message gives. Throws INVALID_REQUEST for a channel given twice or refused by the norm, and a provider that is not configured. */
export function readRoutes(
  given: readonly Message[],
  known: Pick<Routes, 'names'>,
  assurance: AssuranceName | undefined,
): RouteNames {
  const read: Record<string, readonly string[]> = {};
  for (const [index, { channel, providers }] of given.entries()) {
    const field = `workspace.routes[${index}]`;
    const name = namedChannel(channel, `${field}.channel`);
    if (Object.hasOwn(read, name)) throw invalid(`${field}.channel`, 'must not be given twice');
    const refused = refusedChannel(assurance, name);
    if (refused) throw invalid(`${field}.channel`, refused);
    const names = known.names(name);
    for (const [place, provider] of providers.entries()) {
      if (names.includes(provider)) continue;
      throw invalid(
        `${field}.providers[${place}]`,
        names.length > 0
          ? `must be one of ${names.join(', ')}`
          : 'must be left out: no provider is configured for this channel',
      );
    }
    read[name] = providers;
  }
  return read;
}
