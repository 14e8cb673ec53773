import { mkdir, writeFile } from 'node:fs/promises';
import { buf, buildContract } from './contract/buildContract.js';
import { descriptorSetModule } from './contract/descriptorSetModule.js';

/** Generates gen/ from proto/. buf empties the folder first, so its own part comes first. */
buf('generate');
const folder = new URL('../gen/contract/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('descriptorSet.ts', folder), descriptorSetModule(buildContract()));
