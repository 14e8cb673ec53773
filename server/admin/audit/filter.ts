import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import { below } from '../../store/documentId.js';
import type { Filter } from '../../store/documents.js';

/** The filters that listing and exporting have. */
export interface AuditFilters {
  readonly actor: string;
  readonly method: string;
  readonly resource: string;
  readonly outcome: string;
  readonly after?: Timestamp | undefined;
  readonly before?: Timestamp | undefined;
  readonly read?: boolean | undefined;
  readonly fingerprint: string;
}

const PACKAGE = 'otp.admin.v1.';

/** What of the stored entries matches. All filters that are set have to. */
export function auditFilter(request: AuditFilters): Filter {
  const { actor, method, resource, outcome, after, before, read, fingerprint } = request;
  return {
    ...(actor && { actor }),
    ...(method && { method: methodFilter(method) }),
    ...(outcome && { outcome }),
    ...((after || before) && {
      at: { ...(after && { $gte: timestampDate(after) }), ...(before && { $lt: timestampDate(before) }) },
    }),
    ...(fingerprint && { fingerprint }),
    // Entries of release 0.1 do not say it and are changes.
    ...(read !== undefined && { read: read ? true : { $ne: true } }),
    ...(resource && resourceFilter(resource)),
  };
}

/** A whole method, or the beginning that all methods of a service have. */
function methodFilter(method: string) {
  const [service = '', name] = method.split('/');
  const whole = service.includes('.') ? service : `${PACKAGE}${service}`;
  return name ? `${whole}/${name}` : below(whole);
}

/** The resource or one below it; a person is stored apart from the kind of resource. */
function resourceFilter(resource: string): Filter {
  const [kind, ...rest] = resource.replace(/\/$/, '').split('/');
  const person: Filter[] = kind && rest.length === 1 ? [{ resource: kind, fingerprint: rest[0]! }] : [];
  const path = [kind, ...rest].join('/');
  return { $or: [{ resource: path }, { resource: below(path) }, ...person] };
}
