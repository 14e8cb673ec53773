const withoutCode = (text: string): string =>
  text
    .replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1 *$/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => `\`${code.slice(1, -1).replaceAll(/[[\]()]/g, '')}\``);

/** The targets of the links and images of a text, in order; code is left out. */
export function linksOf(text: string): string[] {
  const plain = withoutCode(text);
  const inline = [...plain.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g)].map(([, target]) => target!);
  const referenced = [...plain.matchAll(/^\[[^\]]+\]: (\S+)/gm)].map(([, target]) => target!);
  return [...inline, ...referenced];
}

/** The anchors of a text's headings, by GitHub's rule: lower case, punctuation left out, spaces as hyphens, repeats numbered. */
export function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const headings = [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title]) => title!);
  return new Set(
    headings.map((title) => {
      const slug = title
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}
