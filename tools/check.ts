import { spawnSync } from 'node:child_process';

/** Everything that must hold of the tree besides the tests. Stops at nothing: says all that is wrong at once. */
const CHECKS: readonly (readonly [name: string, command: string])[] = [
  ['types', 'tsc -p tsconfig.json'],
  ['types of the screens', 'tsc -p clients/tsconfig.json'],
  ['contrast of colours', 'tsx tools/contrast.ts'],
  ['bench types', 'tsc -p test/bench/tsconfig.json --noEmit'],
  ['formatting and lint', 'biome check .'],
  ['unused code and dependencies', 'knip'],
  ['licences, install scripts and integrity of production packages', 'tsx tools/dependencies.ts'],
  ['contract lint', 'buf lint'],
  ['contract formatting', 'buf format --exit-code --diff proto'],
  // On main itself: the last commit's contract against the tree's.
  [
    'contract compatibility with main',
    'buf breaking --against ".git#ref=$(git rev-parse --verify --quiet main || git rev-parse --verify --quiet origin/main || echo HEAD)"',
  ],
  [
    'generated code is current',
    'tsx tools/generate.ts && git diff --exit-code -- gen && test -z "$(git status --porcelain gen)"',
  ],
  ['clients in other languages are of this contract', 'tsx tools/clients.ts mark'],
  [
    'OpenAPI description',
    'tsx tools/openapi.ts .cache/openapi.json && REDOCLY_TELEMETRY=off redocly lint --config redocly.yaml --max-problems 20 .cache/openapi.json',
  ],
  ['generated pages are current', 'tsx tools/docs.ts && git diff --exit-code -- docs'],
];

const failed = CHECKS.filter(([name, command]) => {
  const { status, stdout, stderr } = spawnSync(command, { shell: true, encoding: 'utf8', env: withTools() });
  process.stdout.write(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}\n`);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}\n`);
  return status !== 0;
});
process.exitCode = failed.length > 0 ? 1 : 0;

function withTools(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` };
}
