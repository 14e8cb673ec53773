import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { command, counting, has, type Outcome, type Part } from '../parts.js';
import { enterCode, writeProgram } from './readmeProgram.js';
import { unchanged } from './unchanged.js';

const MODULE = 'clients/go';
/** Links the client with the genuine protovalidate, and calls the service. A module of its own, so that users inherit nothing of it. */
const FLOW = `${MODULE}/internal/linktest`;
/** The Go that is there, never one that is fetched. */
const ENV = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' };

/** Why Go code cannot be generated or tested here; undefined where it can. */
export function whyNoGo(): string | undefined {
  if (!has('go', 'version')) return 'go is missing';
  const fetched = command('go', ['mod', 'download'], { cwd: MODULE, env: { ...ENV, GOFLAGS: '' } });
  return fetched.ok ? undefined : 'the modules of clients/go cannot be fetched';
}

/** Generates the code of the contract in place. */
export function generateGo(): Outcome {
  rmSync(`${MODULE}/otp`, { recursive: true, force: true });
  return command('node_modules/.bin/buf', ['generate', '--template', `${MODULE}/buf.gen.yaml`]);
}

/** The parts of the Go module; the service is reached as the environment says. */
export const goParts = (service: () => Promise<Readonly<Record<string, string>>>): readonly Part[] => [
  {
    name: 'go client: generated code is current',
    async run() {
      const why = whyNoGo();
      if (why) return `skipped: ${why}`;
      const count = counting();
      if (count.add('buf generate', generateGo())) count.add('generated code', unchanged(`${MODULE}/otp`));
      return count.result();
    },
  },
  {
    name: 'go client: tests, and the flow against the service with protovalidate linked in',
    async run() {
      const why = whyNoGo();
      if (why) return `skipped: ${why}`;
      const count = counting();
      count.add('gofmt', formatted());
      count.add('go vet', command('go', ['vet', './...'], { cwd: MODULE, env: ENV }));
      count.add('go test', command('go', ['test', '-count=1', './...'], { cwd: MODULE, env: ENV }));
      const env = { ...ENV, ...(await service()) };
      count.add('flow', command('go', ['test', '-count=1', './...'], { cwd: FLOW, env }));
      count.add('the program of the README', await runReadme(env));
      return count.result();
    },
  },
];

function formatted(): Outcome {
  const { ok, output } = command('gofmt', ['-l', MODULE]);
  return { ok: ok && output === '', output };
}

/** Laid over the module, so that it is built with what the module has and leaves nothing in it. */
async function runReadme(env: Readonly<Record<string, string>>): Promise<Outcome> {
  const program = writeProgram(`${MODULE}/README.md`, 'go', 'dist/go/main.go');
  const overlay = resolve('dist/go/overlay.json');
  const binary = resolve('dist/go/readme');
  writeFileSync(
    overlay,
    JSON.stringify({ Replace: { [resolve(MODULE, 'internal/readme/main.go')]: program } }),
  );
  const build = ['build', '-overlay', overlay, '-o', binary, './internal/readme'];
  const built = command('go', build, { cwd: MODULE, env: ENV });
  return built.ok ? enterCode(binary, [], env) : built;
}
