import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

/** A test whose name begins with the id of a promise. */
export interface PromiseTest {
  /** Such as A26. */
  readonly id: string;
  /** The rest of its name. */
  readonly title: string;
  /** Skipped, to be written, or run under a condition only. */
  readonly skipped: boolean;
}

/** Words in `it.skip(…)` or `describe.todo(…)`, and suites of ours, that leave it open whether a test runs. */
const MAYBE_NOT = new Set(['skip', 'todo', 'skipIf', 'runIf', 'fails', 'describeWithMongo', 'onMongodb']);

/** One id or several: `A32, P4 …`. "client C4" is what the clients of this project meet; C4 alone a promise. */
const NAME = /^((?:[ABCKP]\d+|client C\d+)(?:, (?:[ABCKP]\d+|client C\d+))*)\b[,:]?\s*(.*)$/s;

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The tests of promises in a test file's source, in its order. */
export function promiseTestsIn(source: string): PromiseTest[] {
  const found: PromiseTest[] = [];
  visit(parseAst(source, { lang: 'ts' }) as unknown as Node, false);
  return found;

  function visit(node: Node, skipped: boolean): void {
    const words = node.type === 'CallExpression' ? wordsOf(node.callee as Node) : [];
    const within = skipped || words.some((word) => MAYBE_NOT.has(word));
    if (words[0] === 'it' || words[0] === 'test') {
      const [, ids, title] = NAME.exec(textOf((node.arguments as Node[])[0])) ?? [];
      for (const id of ids?.split(', ') ?? []) found.push({ id, title: title!, skipped: within });
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, within);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** The names in a callee: `it.each(table)` and `it.skip` are it, each and it, skip. */
function wordsOf(callee: Node): string[] {
  switch (callee.type) {
    case 'Identifier':
      return [callee.name as string];
    case 'MemberExpression':
      return [...wordsOf(callee.object as Node), ...wordsOf(callee.property as Node)];
    case 'CallExpression':
      return wordsOf(callee.callee as Node);
    case 'TaggedTemplateExpression':
      return wordsOf(callee.tag as Node);
    default:
      return [];
  }
}

/** What a literal says, as far as it is the same in every run. */
function textOf(node: Node | undefined): string {
  if (node?.type === 'Literal') return String(node.value);
  if (node?.type !== 'TemplateLiteral') return '';
  return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…');
}

const ROOT = new URL('../../', import.meta.url);

/** Every test of a promise in the tree, by file, relative to the root. */
export function promiseTests(): ReadonlyMap<string, readonly PromiseTest[]> {
  const files = readdirSync(new URL('test/', ROOT), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
  return new Map(
    files.flatMap((file) => {
      const tests = promiseTestsIn(readFileSync(file, 'utf8'));
      const name = relative(fileURLToPath(ROOT), file).replaceAll('\\', '/');
      return tests.length > 0 ? [[name, tests]] : [];
    }),
  );
}
