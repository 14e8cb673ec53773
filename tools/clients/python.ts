import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { buildContract } from '../contract/buildContract.js';
import { plainDescriptorSet } from '../contract/plainDescriptorSet.js';
import { command, counting, type Outcome, type Part } from '../parts.js';
import { pythonTools } from '../pythonTools.js';
import { enterCode, writeProgram } from './readmeProgram.js';
import { unchanged } from './unchanged.js';

const PACKAGE = 'clients/python';
const GENERATED = `${PACKAGE}/src/countersign/gen`;
const REQUIREMENTS = 'tools/clients/requirements.txt';
const environment = () => pythonTools('python', REQUIREMENTS);

/** Why Python code cannot be generated or tested here; undefined where it can. */
export const whyNoPython = (): string | undefined => environment().missing;

/** Generates the code of the contract in place, under the package's own name, so that no other package's `otp` is claimed. */
export function generatePython(): Outcome {
  const folder = resolve('.cache/python-generated');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const set = plainDescriptorSet(buildContract());
  const files = set.file.map(({ name }) => name).filter((name) => name.startsWith('otp/'));
  const setFile = join(folder, 'contract.binpb');
  writeFileSync(setFile, toBinary(FileDescriptorSetSchema, set));
  const { bin } = environment();
  const path = `${bin}:${process.env.PATH}`;
  const out = ['python', 'grpc_python', 'mypy', 'mypy_grpc'].map((kind) => `--${kind}_out=${folder}`);
  const args = ['-m', 'grpc_tools.protoc', `--descriptor_set_in=${setFile}`, ...out, ...files];
  const generated = command(join(bin, 'python'), args, { env: { PATH: path } });
  if (!generated.ok) return generated;
  rmSync(GENERATED, { recursive: true, force: true });
  mkdirSync(dirname(GENERATED), { recursive: true });
  mkdirSync(GENERATED);
  renameSync(join(folder, 'otp'), join(GENERATED, 'otp'));
  settle(GENERATED);
  return generated;
}

/** Makes every folder a package, and moves the imports. */
function settle(folder: string): void {
  writeFileSync(join(folder, '__init__.py'), '');
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) settle(path);
    else writeFileSync(path, moved(readFileSync(path, 'utf8')));
  }
}

const moved = (source: string): string =>
  source
    .replace(/\botp\.((?:admin\.)?v1\.\w+_pb2(?:_grpc)?)\b/g, 'countersign.gen.otp.$1')
    .replace(/^from otp\.((?:admin\.)?v1) import/gm, 'from countersign.gen.otp.$1 import');

/** The parts of the Python package; the service is reached as the environment says. */
export const pythonParts = (service: () => Promise<Readonly<Record<string, string>>>): readonly Part[] => [
  {
    name: 'python client: generated code is current',
    async run() {
      const why = whyNoPython();
      if (why) return `skipped: ${why}`;
      const count = counting();
      if (count.add('protoc', generatePython())) count.add('generated code', unchanged(GENERATED));
      return count.result();
    },
  },
  {
    name: 'python client: types, and the flow from the wheel against the service, protovalidate beside it',
    async run() {
      const why = whyNoPython();
      if (why) return `skipped: ${why}`;
      const count = counting();
      const python = join(environment().bin, 'python');
      count.add(
        'mypy',
        command(python, ['-m', 'mypy', '--cache-dir', resolve('.cache/mypy')], { cwd: PACKAGE }),
      );
      const wheels = resolve('dist/python');
      rmSync(wheels, { recursive: true, force: true });
      const build = ['-m', 'build', '--wheel', '--no-isolation', '--outdir', wheels, PACKAGE];
      if (!count.add('wheel', command(python, build))) return count.result();
      const wheel = join(wheels, readdirSync(wheels).find((name) => name.endsWith('.whl')) ?? '');
      // Not over one of the same version: pip would take that for this one.
      command(python, ['-m', 'pip', 'uninstall', '--quiet', '--yes', 'countersign']);
      if (!count.add('install', command(python, ['-m', 'pip', 'install', '--quiet', wheel])))
        return count.result();
      const tests = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `${PACKAGE}/tests`];
      const env = { PYTHONDONTWRITEBYTECODE: '1', ...(await service()) };
      count.add('pytest', command(python, tests, { env }));
      const program = writeProgram(`${PACKAGE}/README.md`, 'python', 'dist/python/readme.py');
      count.add('the program of the README', await enterCode(python, [program], env));
      return count.result();
    },
  },
];
