import { Code } from '@connectrpc/connect';
import { ERRORS } from '../../server/errors.js';
import { GENERATED, table } from './markdown.js';

const snakeCase = (name: string): string =>
  name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

/** docs/reference/errors.md, from the error table. */
export function errors(): string {
  const rows = Object.entries(ERRORS).map(([reason, { code, status, message, dialects }]) => {
    const { beneficiary, multichannel, messaging } = dialects;
    return [
      `\`${reason}\``,
      snakeCase(Code[code] as string),
      message,
      [beneficiary?.status ?? status, beneficiary?.code].filter(Boolean).join(' '),
      [multichannel?.status ?? status, multichannel?.message && `“${multichannel.message}”`]
        .filter(Boolean)
        .join(' '),
      [messaging?.status ?? status, messaging?.outcome].filter(Boolean).join(' '),
    ];
  });
  return `# Errors

${GENERATED}

Every error has a reason, a stable word. Over gRPC, gRPC-Web and Connect it stands in \`google.rpc.ErrorInfo\` (domain
\`countersign\`), with \`google.rpc.RetryInfo\` where waiting helps and \`google.rpc.BadRequest\` where a field is at
fault. \`INVALID_CODE\` carries \`attempts_remaining\` and \`channel\` in the metadata of ErrorInfo. The last three
columns are what the REST dialects answer: beneficiary (status and \`error_code\`; without a number the reason stands
there), multi-channel, messaging (status and outcome).

${table(['reason', 'code', 'message', 'beneficiary', 'multi-channel', 'messaging'], rows)}
`;
}
