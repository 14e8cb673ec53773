import { Code } from '@connectrpc/connect';
import { ERRORS, exitStatusOf } from '../../server/errors.js';
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
      String(exitStatusOf(code)),
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

Every error has a stable reason. gRPC, gRPC-Web and Connect carry it in \`google.rpc.ErrorInfo\` (domain
\`countersign\`), with \`google.rpc.RetryInfo\` if waiting helps and \`google.rpc.BadRequest\` for invalid fields.
\`INVALID_CODE\` has \`attempts_remaining\` and \`channel\` in the metadata of ErrorInfo. The last three columns are
the responses of the REST dialects: beneficiary (status and \`error_code\`; if no number is given, the reason is used),
multi-channel, and messaging (status and outcome). \`exit\` is the exit status of the [command line](cli.md).

${table(['reason', 'code', 'exit', 'message', 'beneficiary', 'multi-channel', 'messaging'], rows)}
`;
}
