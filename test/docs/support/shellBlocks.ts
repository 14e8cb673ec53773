/** A shell block of a page. */
export interface ShellBlock {
  readonly code: string;
  /** Why the tests do not run it, as the comment before it says; undefined where they do. */
  readonly unrun: string | undefined;
}

const BLOCK =
  /(?:^ *<!-- not run by the tests: ([^\n]*) -->\n+)?^( *)```(?:sh|bash|console)\n([\s\S]*?)^ *```$/gm;

/** The shell blocks of a page, in order, each without its indentation. */
export const shellBlocksOf = (text: string): ShellBlock[] =>
  [...text.matchAll(BLOCK)].map(([, unrun, indentation, code]) => ({
    unrun,
    code: code!.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''),
  }));

/** What the tests run of a page, one block after another. */
export const runnableOf = (text: string): readonly string[] =>
  shellBlocksOf(text).flatMap(({ code, unrun }) => (unrun === undefined ? [code] : []));

/** Words of the shell after which a command follows. */
const BEFORE_A_COMMAND = /^(?:if|then|else|do|while|until|!|\{|\()(?:\s+|$)/;
/** Words of the shell that begin or end something, and what it does by itself. */
const OF_THE_SHELL = /^(?:for|done|fi|esac|case|\}|\)|cd|echo|printf|export|read|exit|set|test|\[|:)$/;

/** The programs that a piece of shell calls. */
export function programsIn(code: string): readonly string[] {
  const functions = new Set([...code.matchAll(/^\s*(\w+)\(\) *\{/gm)].map(([, name]) => name!));
  const plain = code
    .replaceAll('\\\n', ' ')
    // What is quoted is data, but for the commands in it.
    .replaceAll(/'[^']*'/g, "''")
    .replaceAll(/(?:^|\s)#.*$/gm, '')
    .replaceAll(/\w+\(\) *\{/g, '')
    .replaceAll(/\$\(|<\(/g, '\n');
  const words = plain.split(/\n|&&|\|\|?|;/).map((part) => {
    let rest = part.trim();
    while (BEFORE_A_COMMAND.test(rest)) rest = rest.replace(BEFORE_A_COMMAND, '');
    rest = rest.replace(/^(?:\w+=(?:"[^"]*"|\S*)(?:\s+|$))+/, '');
    return /^[\w./[:{}()-]+/.exec(rest)?.[0] ?? '';
  });
  return [...new Set(words)].filter(
    (word) => word !== '' && !OF_THE_SHELL.test(word) && !functions.has(word),
  );
}
