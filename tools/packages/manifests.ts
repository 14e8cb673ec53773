/** The part of the repository's package.json that the packages share. */
export interface RootManifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The modules that `@countersign/client` exports, one folder of clients/ each. */
const CLIENT_MODULES = ['contract', 'element', 'errors', 'fetch', 'grpc-js', 'node', 'testing', 'web'];

/** For whom the element has types in JSX. */
const JSX_TYPES = ['preact', 'react'];

/** npm takes provenance only where this names the repository that the workflow ran in. */
const REPOSITORY = { type: 'git', url: 'git+https://github.com/countersign/countersign.git' };

/** package.json of `@countersign/client`. */
export function clientManifest({ version, license, engines, dependencies }: RootManifest) {
  const pick = (range: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, range + dependencies[name]]));
  const at = (path: string) => ({ types: `./clients/${path}.d.ts`, default: `./clients/${path}.js` });
  const exported = [
    ...CLIENT_MODULES.map((name) => [`./${name}`, at(`${name}/index`)]),
    ...JSX_TYPES.map((name) => [`./element/${name}`, at(`element/${name}`)]),
  ];
  return {
    name: '@countersign/client',
    version,
    description: 'Typed clients for Countersign, the one-time-password service: Node, grpc-js, browser',
    license,
    repository: REPOSITORY,
    type: 'module',
    engines,
    // Importing it defines the element.
    sideEffects: ['./clients/element/index.js'],
    exports: { ...Object.fromEntries(exported), './package.json': './package.json' },
    dependencies: {
      ...pick('^', ['@bufbuild/protobuf']),
      // The packages of Connect require each other at exactly the same version, and 2.2 requires Node 22.
      ...pick('~', ['@connectrpc/connect', '@connectrpc/connect-node', '@connectrpc/connect-web']),
    },
    // Programs that import `@countersign/client/grpc-js` have it already.
    peerDependencies: pick('^', ['@grpc/grpc-js']),
    peerDependenciesMeta: { '@grpc/grpc-js': { optional: true } },
  };
}

/** package.json of `countersign`: the service and its command line. */
export function serviceManifest({ version, description, license, engines, dependencies }: RootManifest) {
  return {
    name: 'countersign',
    version,
    description,
    license,
    repository: REPOSITORY,
    type: 'module',
    engines,
    bin: { countersign: 'dist/server/cli/main.js' },
    dependencies,
  };
}
