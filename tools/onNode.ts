import { spawnSync } from 'node:child_process';
import { delimiter, dirname, resolve } from 'node:path';
import { nodeBinary } from './onNode/binary.js';

/** Runs the tests on another Node: `npm run test:node -- 26`, followed by any argument of `npm test`. */
const [version = '', ...rest] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(version)) {
  console.error('Which Node? npm run test:node -- 26');
  process.exit(2);
}

const node = nodeBinary(version);
const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
console.log(`The tests on Node ${stdout.trim()}`);
const { status } = spawnSync(node, [resolve('node_modules/vitest/vitest.mjs'), 'run', ...rest], {
  stdio: 'inherit',
  // First on the path, so that tools the tests start run on it too.
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
});
process.exitCode = status ?? 1;
