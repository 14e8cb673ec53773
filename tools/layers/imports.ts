import { readdirSync, readFileSync } from 'node:fs';
import { posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

/** What each file imports: paths from the top of the repository, types included, packages left out. */
export type Imports = ReadonlyMap<string, readonly string[]>;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The imports of every file of server/. */
export function serverImports(): Imports {
  const files = readdirSync(`${ROOT}server`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, `${entry.parentPath}/${entry.name}`).replaceAll('\\', '/'));
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(ROOT + file, 'utf8'))]));
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Declarations, re-exports, `import()` of values and of types: all of them name a module in `source`. */
const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** The files that one file imports. `file` is its path, `text` its source. */
export function importsIn(file: string, text: string): string[] {
  const found: string[] = [];
  visit(parseAst(text, { lang: 'ts' }));
  return found;

  function visit(node: unknown): void {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (!isNode(node)) return;
    const module = IMPORTING.has(node.type) ? moduleOf(node) : undefined;
    if (module?.startsWith('.')) {
      found.push(posix.join(posix.dirname(file), module).replace(/\.js$/, '.ts'));
    }
    for (const child of Object.values(node)) visit(child);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** The literal that names the module; undefined for an export of the file's own. */
function moduleOf({ source, argument }: Node): string | undefined {
  const literal = source ?? argument;
  return isNode(literal) && typeof literal.value === 'string' ? literal.value : undefined;
}
