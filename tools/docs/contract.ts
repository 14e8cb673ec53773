import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { access } from '../../gen/otp/v1/access_pb.js';
import { commentOf, firstSentence } from '../../server/contract/comments.js';
import { contractSet } from '../../server/contract/contractSet.js';
import { ERRORS } from '../../server/errors.js';
import { rulesOf } from './contract/rules.js';
import { type Described, hasSection, sectionOf, typeOf } from './contract/types.js';
import { GENERATED, table } from './markdown.js';

/** docs/reference/contract.md, from the descriptors of the contract and their comments. */
export const contract = (): string =>
  page(
    'otp.v1',
    `# The contract: sessions and tokens

${GENERATED}

The services that products call, from the comments of [proto/otp/v1](../../proto/otp/v1); the services for
administration are on a [page of their own](contract-admin.md). The same text is shown by
\`grpcurl … describe\`, because the service has server reflection. Over Connect a method is a POST of JSON to
\`/otp.v1.OtpService/Send\`, with field names in camelCase or as they are here. Every call can also fail with the
reasons that any call can have; [errors](errors.md) has all of them with their statuses, [scopes](scopes.md) has all
scopes in one table.`,
  );

/** docs/reference/contract-admin.md. */
export const contractAdmin = (): string =>
  page(
    'otp.admin.v1',
    `# The contract: administration

${GENERATED}

The services that operators, support and workspaces use, from the comments of
[proto/otp/admin/v1](../../proto/otp/admin/v1). [Sessions and tokens](contract.md) are on a page of their own. The
[command line](cli.md) has a command for each of these methods.`,
  );

function page(name: string, introduction: string): string {
  const ours = [...contractSet].filter(
    (desc) =>
      (desc.kind === 'service' || desc.kind === 'message' || desc.kind === 'enum') &&
      packageOf(desc) === name,
  );
  const services = byName(ours.filter((desc) => desc.kind === 'service'));
  const types = byName(
    ours.filter((desc): desc is Described => desc.kind !== 'service' && isShown(desc as Described)),
  );
  return `${introduction}

${table(
  ['service', 'what it does'],
  services.map((one) => [`[${one.name}](#${one.name.toLowerCase()})`, prose(firstSentence(commentOf(one)))]),
)}

${services.map((one) => service(one, name)).join('\n')}
## Types

${types.map((type) => described(type, name)).join('\n')}`;
}

const packageOf = ({ file: { proto } }: { readonly file: DescService['file'] }): string => proto.package;

const isShown = (desc: Described): boolean =>
  hasSection(desc) && !(desc.kind === 'message' && desc.proto.options?.mapEntry);

const byName = <T extends { readonly typeName: string }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => (a.typeName < b.typeName ? -1 : 1));

const service = (desc: DescService, from: string): string => `## ${desc.name}

${prose(commentOf(desc))}

${desc.methods.map((one) => method(one, from)).join('\n')}`;

function method(desc: DescMethod, from: string): string {
  const stream = desc.methodKind === 'server_streaming' ? 'stream of ' : '';
  const reads =
    desc.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
      ? ' It only reads: a `read_only` key may call it, and Connect also takes it as a GET.'
      : '';
  return `### ${desc.parent.name}.${desc.name}

\`${desc.parent.typeName}/${desc.name}\`, ${credentials(desc)}.${reads}

${prose(commentOf(desc).replace(PLAIN_SCOPE, ''))}

${fields(`Request, \`${desc.input.name}\``, desc.input, from)}
${fields(`Response, ${stream}\`${desc.output.name}\``, desc.output, from)}`;
}

/** The paragraph of a comment that says no more than the access option. */
const PLAIN_SCOPE = /^Scopes?: [\w.]+(?:(?:,| or|, or) [\w.]+)*(?:, or the session's own token)?\.\n\n/m;

function credentials(desc: DescMethod): string {
  const { anyScope, sessionToken, inboxToken } = getOption(desc, access);
  const scopes = anyScope.map((scope) => `\`${scope}\``).join(' or ');
  const hasToken = sessionToken || inboxToken;
  return [
    anyScope.length > 0 ? `with the scope ${scopes}` : hasToken ? '' : 'with any credential',
    sessionToken ? 'with the token of the session' : '',
    inboxToken ? 'with the inbox token' : '',
  ]
    .filter(Boolean)
    .join(', or ');
}

function fields(title: string, { fields: all }: DescMessage, from: string): string {
  if (all.length === 0) return `${title}: no fields.\n`;
  return `${title}:

${table(
  ['field', 'type', 'what it is'],
  all.map((field) => row(field, from)),
)}
`;
}

const row = (field: DescField, from: string): string[] => [
  `\`${field.name}\``,
  typeOf(field, from) + (field.proto.proto3Optional ? ', optional' : ''),
  [prose(commentOf(field)).replaceAll('\n\n', ' '), ...rules(field)].join(' '),
];

function rules(field: DescField): string[] {
  const words = rulesOf(field);
  return words.length > 0 ? [`(${words.join('; ')})`] : [];
}

const described = (desc: Described, from: string): string =>
  desc.kind === 'message'
    ? `### ${sectionOf(desc)}

${prose(commentOf(desc))}

${fields('Fields', desc, from)}`
    : `### ${sectionOf(desc)}

${prose(commentOf(desc))}

${table(
  ['value', 'number', 'meaning'],
  desc.values.map((value) => [`\`${value.name}\``, String(value.number), prose(commentOf(value))]),
)}
`;

/** A comment as Markdown: it is plain text, in which reasons are marked as code. */
const prose = (comment: string): string =>
  comment
    .replaceAll('<', '&lt;')
    .replaceAll('*', '\\*')
    .replaceAll(/\b[A-Z][A-Z_]+[A-Z]\b/g, (word) => (word in ERRORS ? `\`${word}\`` : word));
