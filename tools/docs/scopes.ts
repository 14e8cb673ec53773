import { type DescMethod, type DescService, getOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { type Access, access } from '../../gen/otp/v1/access_pb.js';
import { contractSet } from '../../server/contract/contractSet.js';
import { SCOPES } from '../../server/domain/principal.js';
import { GENERATED, table } from './markdown.js';

const isRead = ({ idempotency }: DescMethod) =>
  idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;

/** What a scope grants of a service: every method or all but one, those that only read, or some by name. */
function granted({ methods }: DescService, scope: string): string {
  const open = methods.filter((method) => getOption(method, access).anyScope.includes(scope));
  if (open.length === 0) return '';
  if (open.length === methods.length) return 'all';
  const reads = methods.filter(isRead);
  if (open.length === reads.length && open.every(isRead)) return 'reads';
  const closed = methods.filter((method) => !open.includes(method));
  // The shorter list says it.
  return closed.length === 1 && open.length > 2
    ? `all but ${closed[0]!.name}`
    : open.map(({ name }) => name).join(', ');
}

/** What needs no scope: any credential, the token of a session or that of the inbox. */
function without({ methods }: DescService): string {
  const having = (fits: (rule: Access) => boolean) =>
    methods
      .filter((method) => fits(getOption(method, access)))
      .map(({ name }) => name)
      .join(', ');
  const granted = {
    'any credential': having((rule) => rule.anyScope.length === 0 && !rule.sessionToken && !rule.inboxToken),
    'session token': having((rule) => rule.sessionToken),
    'inbox token': having((rule) => rule.inboxToken),
  };
  return Object.entries(granted)
    .filter(([, names]) => names !== '')
    .map(([credential, names]) => `${credential}: ${names}`)
    .join('; ');
}

/** docs/reference/scopes.md, from the access options of the contract. */
export function scopes(): string {
  const services = [...contractSet].filter(
    (desc): desc is DescService => desc.kind === 'service' && desc.typeName.startsWith('otp.'),
  );
  services.sort((a, b) => a.typeName.localeCompare(b.typeName));
  const shown = SCOPES.filter((scope) => services.some((service) => granted(service, scope)));
  const rows = services.map((service) => [
    service.name,
    ...shown.map((scope) => granted(service, scope)),
    without(service),
  ]);
  return `# Scopes

${GENERATED}

Which scope of an API key or access token grants access to which method; one of the scopes named for a method is
enough. “all” is every method of the service, “all but” one is every other, “reads” the methods marked \`NO_SIDE_EFFECTS\`.

All scopes but \`operator\` act in the workspace and mode of the key. \`admin\` includes \`support\`, \`analyst\` and
\`webhooks\`, and may grant them; no key grants another scope that it does not hold. \`otp.vouch\` grants no method: with it
Send may say \`vouched\`. A key that is \`read_only\` is refused by every method that is not marked \`NO_SIDE_EFFECTS\`,
even with all scopes: an auditor's key is \`admin\` and \`read_only\`.

${table(['service', ...shown, 'without a scope'], rows)}
`;
}
