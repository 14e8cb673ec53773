import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { description } from './openapi/describe.js';

// Writes the OpenAPI description to the file named, for linters and fuzzers: tsx tools/openapi.ts .cache/openapi.json
const file = process.argv[2];
if (file === undefined) throw new Error('name the file to write');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, description());
