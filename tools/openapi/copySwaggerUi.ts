import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findSwaggerUi, SWAGGER_UI_FILES } from '../../server/gateway/docs/assets.js';

/** Copies what the page /docs needs into a compiled tree, beside the module that serves it. */
export function copySwaggerUi(compiled: string): void {
  const from = findSwaggerUi();
  if (from === undefined) throw new Error('swagger-ui-dist is not installed');
  const to = join(compiled, 'server', 'gateway', 'docs', 'swagger-ui');
  mkdirSync(to, { recursive: true });
  for (const name of [...SWAGGER_UI_FILES, 'LICENSE']) cpSync(join(from, name), join(to, name));
}
