/** A package as the lockfile describes it. */
export interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

/** What a package says of itself where it is installed. */
export interface Manifest {
  readonly version?: string;
  readonly license?: string | { readonly type?: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Licences that ask for nothing but their text (SPDX identifiers). */
const LICENCES: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
  'BlueOak-1.0.0',
]);

/** Packages that may run a script when they are installed, each with the reason. */
const MAY_RUN: Readonly<Record<string, string>> = {
  protobufjs: 'prints a warning about version ranges of packages that depend on it; nothing needs it to run',
};

const AT_INSTALLATION = ['preinstall', 'install', 'postinstall'];
/** A digest that finding another file for is out of reach. */
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** What is wrong with a production package; `installed` is undefined where it is not for this platform. */
export function problemsOf(path: string, locked: Locked, installed: Manifest | undefined): string[] {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const problems: string[] = [];
  const complain = (what: string) => problems.push(`${name}@${locked.version ?? '?'}: ${what}`);
  if (locked.link) complain('is a link, not a package with a version');
  if (!INTEGRITY.test(locked.integrity ?? '')) complain('the lockfile holds no SHA-512 of it');
  if (locked.resolved !== undefined) complain('the lockfile names the registry it came from');
  const licences = [locked.license, licenceOf(installed)].filter((one) => one !== undefined);
  if (licences.length === 0) complain('names no licence');
  for (const licence of new Set(licences)) if (!isAllowed(licence)) complain(`has the licence ${licence}`);
  const scripts = AT_INSTALLATION.filter((script) => installed?.scripts?.[script] !== undefined);
  if ((locked.hasInstallScript || scripts.length > 0) && !Object.hasOwn(MAY_RUN, name))
    complain(`runs a script when it is installed${scripts.length > 0 ? `: ${scripts.join(', ')}` : ''}`);
  if (installed && installed.version !== locked.version)
    complain(`is installed as ${installed.version ?? 'no version'}: run npm ci`);
  if (!installed && !locked.optional) complain('is not installed: run npm ci');
  return problems;
}

function licenceOf(installed: Manifest | undefined): string | undefined {
  const licence = installed?.license;
  return typeof licence === 'object' ? licence.type : licence;
}

/** Of "A OR B" one is enough, of "A AND B" all are needed. */
function isAllowed(expression: string): boolean {
  const plain = expression.replace(/^\(|\)$/g, '');
  if (plain.includes(' AND ')) return plain.split(' AND ').every(isAllowed);
  return plain.split(' OR ').some((licence) => LICENCES.has(licence.trim()));
}
