import { SETTINGS } from '../../server/config/config.js';
import { fileVariable, secretsOf } from '../../server/config/secretFiles.js';
import { defaultOf, isRequired, type SettingTable } from '../../server/config/setting.js';
import { INBOX, VENDORS } from '../../server/delivery/vendors/index.js';
import type { Vendor } from '../../server/delivery/vendors/vendor.js';
import { GENERATED, table } from './markdown.js';

/** A default as it would be written; none for the empty ones. */
function defaultText(value: unknown): string {
  const isShown = typeof value === 'string' || typeof value === 'number' || Array.isArray(value);
  return isShown && !(Array.isArray(value) && value.length === 0) ? JSON.stringify(value) : '';
}

const settingTable = (settings: SettingTable): string =>
  table(
    ['variable', 'default', 'meaning'],
    Object.values(settings).map((one) => [`\`${one.variable}\``, defaultText(defaultOf(one)), one.doc]),
  );

function vendorSection({ settings: { title, settings, oneOf = [] } }: Vendor): string {
  const variables = (names: readonly string[], separator: string) =>
    names.map((name) => `\`${settings[name]?.variable}\``).join(separator);
  const required = variables(
    Object.keys(settings).filter((name) => settings[name] && isRequired(settings[name])),
    ', ',
  );
  const choice = oneOf.length > 0 ? `, together with ${variables(oneOf, ' or ')}` : '';
  return [
    `### ${title}`,
    ...(required ? [`Required: ${required}${choice}.`] : []),
    settingTable(settings),
  ].join('\n\n');
}

const fileVariables = (tables: readonly SettingTable[]): string =>
  secretsOf(tables)
    .map((variable) => `\`${fileVariable(variable)}\``)
    .join(', ');

/** docs/reference/configuration.md, from the configuration table and the vendors' rooms. */
export function configuration(vendors: readonly Vendor[] = VENDORS): string {
  return `# Configuration

${GENERATED}

All settings are environment variables. An empty variable counts as unset. Invalid values abort startup with one
message that names each variable.

Each secret can come from a file instead, as containers and systemd provide them: set the variable with \`_FILE\` appended
to the path of the file. White space at the ends is no part of a value. Setting both variables aborts startup. These
are: ${fileVariables([SETTINGS, ...[...vendors, INBOX].map(({ settings }) => settings.settings)])}.

${settingTable(SETTINGS)}

## Providers

A vendor is used when all of its required variables are set. If only some are, startup is aborted with a message that
names the missing ones. Error codes and limits: [providers.md](providers.md).

${[...vendors, INBOX].map(vendorSection).join('\n\n')}
`;
}
