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

Everything comes from the environment. An empty variable counts as unset. A wrong value stops the start with one
message that names every variable at fault.

${table(['variable', 'default', 'meaning'], rows)}
`;
}
