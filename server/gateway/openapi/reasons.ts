import type { DescMethod } from '@bufbuild/protobuf';
import { contractSet } from '../../contract/contractSet.js';
import { ERRORS, Failure, type Reason } from '../../errors.js';
import type { Dialect, RestRoute } from '../dialect.js';

/** What every call may be refused with. */
const OF_EVERY_CALL: readonly Reason[] = [
  'INVALID_REQUEST',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'RATE_LIMITED',
  'OVERLOADED',
  'STORE_UNAVAILABLE',
  'INTERNAL',
];
/** The same of calls with a body. */
const OF_BODIES: readonly Reason[] = ['UNSUPPORTED_MEDIA_TYPE', 'BODY_TOO_LARGE'];

/** Field numbers of FileDescriptorProto.service and ServiceDescriptorProto.method, which locate a comment. */
const SERVICES = 6;
const METHODS = 2;

/** The comment of a method of the contract, without the space that begins each line. */
function commentOf(method: DescMethod): string {
  const service = contractSet.getService(method.parent.typeName);
  if (!service) throw new Error(`${method.parent.typeName} is not in the contract set`);
  const { proto } = service.file;
  const at = service.methods.findIndex(({ name }) => name === method.name);
  const path = [SERVICES, proto.service.indexOf(service.proto), METHODS, at];
  const found = proto.sourceCodeInfo?.location.find((location) => location.path.join() === path.join());
  return (found?.leadingComments ?? '').replaceAll(/^ /gm, '');
}

/** What a route does, as the contract says it; its summary where it has no method of the contract. */
export const descriptionOf = ({ calls, summary }: RestRoute): string =>
  calls
    ? commentOf(calls)
        .split(/^(?:Scope|Reasons):/m)[0]!
        .trim()
    : summary;

/** Whether a word is a reason of the error table. */
const isReason = (word: string): word is Reason => Object.hasOwn(ERRORS, word);

/**
 * The reasons that the comment of a method lists. Throws for a word that the
 * error table does not have.
 */
export function reasonsOf(method: DescMethod): readonly Reason[] {
  const list =
    commentOf(method)
      .split(/^Reasons:/m)[1]
      ?.split(/\n\s*\n/)[0] ?? '';
  return [...list.matchAll(/\b[A-Z]{3,}(?:_[A-Z]+)*\b/g)].flatMap(([word]) => {
    if (isReason(word)) return [word];
    // Such as URL.
    if (!word.includes('_')) return [];
    throw new Error(`${method.name} lists ${word}, which is not in the error table`);
  });
}

/** The statuses that a route can respond with, each with its reasons, in ascending order. */
export function refusalsOf(
  dialect: Dialect,
  route: RestRoute,
): readonly (readonly [number, readonly Reason[]])[] {
  const reasons = new Set([
    ...(route.calls ? reasonsOf(route.calls) : []),
    ...OF_EVERY_CALL,
    ...(route.body ? OF_BODIES : []),
    ...(route.refusals ?? []),
  ]);
  const byStatus = new Map<number, Reason[]>();
  for (const reason of reasons) {
    const failure = new Failure(reason);
    const status = dialect.refuse(failure, undefined).status ?? failure.row.status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), reason]);
  }
  return [...byStatus].sort(([one], [other]) => one - other);
}
