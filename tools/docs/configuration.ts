import { SETTINGS } from '../../server/config/config.js';
import { GENERATED, table } from './markdown.js';

/** docs/reference/configuration.md, from the configuration table. */
export function configuration(): string {
  const rows = Object.values(SETTINGS).map(({ variable, schema, doc }) => {
    const unset = schema.safeParse(undefined);
    const value = unset.success && unset.data !== undefined ? JSON.stringify(unset.data) : '';
    return [`\`${variable}\``, value === '[]' ? '' : value, doc];
  });
  return `# Configuration

${GENERATED}

All settings are environment variables. An empty variable counts as unset. Invalid values abort startup with one
message that names each variable.

${table(['variable', 'default', 'meaning'], rows)}
`;
}
