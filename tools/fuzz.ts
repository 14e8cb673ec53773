import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startClientService } from './clients/service.js';
import { command, type Part, runParts } from './parts.js';
import { pythonTools } from './pythonTools.js';

/**
 * The REST APIs from outside: schemathesis calls the built service by its OpenAPI
 * description, with valid and invalid requests and all of its checks. Deterministic:
 * every run makes the same requests. The fuzzers of gRPC, Connect and REST that know
 * the product from inside run with the tests (test/fuzz).
 */
/** What it finds is kept there, and forgotten by the next run, which would otherwise begin with it. */
const FOLDER = resolve('.cache/fuzz-run');
const EXAMPLES = 8;

const rest = (environment: () => Promise<Readonly<Record<string, string>>>): Part => ({
  name: 'schemathesis',
  async run() {
    const { bin, missing } = pythonTools('fuzz', 'tools/fuzz/requirements.txt');
    if (missing) return `skipped: ${missing}`;
    const env = await environment();
    const report = join(FOLDER, 'junit.xml');
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    const { ok, output } = command(
      join(bin, 'schemathesis'),
      [
        ...['--config-file', resolve('tools/fuzz/schemathesis.toml'), 'run'],
        `http://${env.COUNTERSIGN_TARGET}/openapi.json`,
        ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing'],
        ...['--max-examples', String(EXAMPLES), '--generation-deterministic', '--continue-on-failure'],
        // A busy machine is no fault of the service.
        ...['--request-timeout', '60', '--suppress-health-check', 'all'],
        ...['--report-junit-path', report, '--no-color'],
      ],
      { env, cwd: FOLDER },
    );
    const operations = /Tested: (\d+)/.exec(output)?.[1];
    const [, cases, failures = ok ? '0' : 'some'] = /(\d+) generated(?:, (\d+) found)?/.exec(output) ?? [];
    if (!ok || cases === undefined) process.stdout.write(`${output}\n`);
    process.stdout.write(`${operations} operations, ${cases} requests\n`);
    return `${suites(report)} passed, ${cases === undefined ? 'all' : failures} failed`;
  },
});

/** Operations by phase that the report names. */
const suites = (report: string): number =>
  existsSync(report) ? (readFileSync(report, 'utf8').match(/<testcase /g)?.length ?? 0) : 0;

const service = startClientService();
try {
  if (!(await runParts([rest(() => service.environment())]))) process.exitCode = 1;
} finally {
  await service.end();
}
