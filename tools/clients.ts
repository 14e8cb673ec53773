import { hasChanged, unchangedPart } from './changed.js';
import { isMarked, mark } from './clients/contractMark.js';
import { generateGo, goParts, whyNoGo } from './clients/go.js';
import { generatePython, pythonParts, whyNoPython } from './clients/python.js';
import { startClientService } from './clients/service.js';
import { type Part, runParts } from './parts.js';

/** What the clients in other languages depend on. */
const PATHS = [
  'clients/go',
  'clients/python',
  'proto',
  'tools/clients',
  'tools/clients.ts',
  'tools/parts.ts',
];

/**
 * The clients in other languages: `generate` makes their code from the contract,
 * `check` also looks whether it was current, and tests them against the service;
 * `changed` does so only if something they depend on has changed since main.
 * Both say what they skip where a toolchain is missing. `mark` needs none: it looks
 * whether the contract has changed since the code of both was generated.
 */
const [task = 'check'] = process.argv.slice(2);
if (task === 'generate') generate();
else if (task === 'check' || (task === 'changed' && hasChanged(PATHS))) await check();
else if (task === 'changed') await runParts(parts(async () => ({})).map(unchangedPart));
else if (task === 'mark') checkMark();
else throw new Error(`clients: ${task} must be generate, check, changed or mark`);

function parts(service: () => Promise<Readonly<Record<string, string>>>): readonly Part[] {
  return [...goParts(service), ...pythonParts(service)];
}

function generate(): void {
  let complete = true;
  for (const [name, why, run] of [
    ['go', whyNoGo, generateGo],
    ['python', whyNoPython, generatePython],
  ] as const) {
    const missing = why();
    const { ok, output } = missing ? { ok: true, output: '' } : run();
    process.stdout.write(
      `${name}: ${missing ? `skipped: ${missing}` : ok ? 'generated' : `FAILED\n${output}`}\n`,
    );
    if (!ok) process.exitCode = 1;
    complete &&= ok && !missing;
  }
  if (complete) mark();
}

function checkMark(): void {
  if (isMarked()) return;
  process.stdout.write('the contract has changed: npm run generate:clients (needs Go and Python)\n');
  process.exitCode = 1;
}

async function check(): Promise<void> {
  const service = startClientService();
  try {
    const good = await runParts(parts(service.environment));
    if (!good) process.exitCode = 1;
  } finally {
    await service.end();
  }
}
