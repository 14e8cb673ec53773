import { readFileSync } from 'node:fs';

/** Where the version of a release is written, and how it is found there. */
const PLACES: Readonly<Record<string, RegExp>> = {
  'package.json': /^ {2}"version": "([^"]+)"/m,
  'package-lock.json': /^ {2}"version": "([^"]+)"/m,
  'server/platform/version.ts': /VERSION = '([^']+)'/,
  'clients/python/pyproject.toml': /^version = "([^"]+)"/m,
  'deploy/chart/Chart.yaml': /^appVersion: "([^"]+)"/m,
};

/** The version as each file has it; a file without one has an empty text. */
export const versions = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(PLACES).map(([path, pattern]) => [
      path,
      pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? '',
    ]),
  );

/** What must be mended before a tag is released; empty if nothing. */
export function faultsOf(tag: string): string[] {
  const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(tag) ?? [];
  if (!version) return [`the tag must be v and a version, such as v0.2.0: ${tag}`];
  const heading = new RegExp(`^## ${version.replaceAll('.', '\\.')}, \\d{4}-\\d{2}-\\d{2}$`, 'm');
  return [
    ...Object.entries(versions())
      .filter(([, found]) => found !== version)
      .map(([path, found]) => `${path} must have version ${version}, and has ${found || 'none'}`),
    ...(heading.test(readFileSync('CHANGELOG.md', 'utf8'))
      ? []
      : [`CHANGELOG.md must have the heading "## ${version}, " and the date of the release`]),
  ];
}
