import { configuration } from './configuration.js';
import { errors } from './errors.js';
import { limits } from './limits.js';
import { promises } from './promises.js';
import { sandbox } from './sandbox.js';

/** Every generated page by its path. A test holds the files against this. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configuration,
  'docs/errors.md': errors,
  'docs/limits.md': limits,
  'docs/promises.md': promises,
  'docs/sandbox.md': sandbox,
};
