import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** The files of Swagger UI that the page uses. */
export const SWAGGER_UI_FILES = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;

type FileName = (typeof SWAGGER_UI_FILES)[number];

/** A static file, kept in both encodings. */
export interface Asset {
  readonly plain: Buffer;
  readonly gzip: Buffer;
  /** Changes with the content, so that a browser can keep the file for ever. */
  readonly hash: string;
}

/**
 * Where the files are: beside this module in a package, which has no development
 * dependencies; else in node_modules. Undefined where they are in neither place.
 */
export function findSwaggerUi(): string | undefined {
  const packaged = fileURLToPath(new URL('swagger-ui/', import.meta.url));
  if (existsSync(packaged)) return packaged;
  try {
    const main = createRequire(import.meta.url).resolve('swagger-ui-dist/package.json');
    return main.slice(0, -'package.json'.length);
  } catch {
    return undefined;
  }
}

/** Reads the files on first use: compressing them takes longer than a start should. */
export function createAssets(folder: string): (name: FileName) => Asset {
  const read = new Map<FileName, Asset>();
  return (name) => {
    const known = read.get(name);
    if (known) return known;
    const asset = assetOf(readFileSync(`${folder}/${name}`));
    read.set(name, asset);
    return asset;
  };
}

export const assetOf = (plain: Buffer): Asset => ({
  plain,
  gzip: gzipSync(plain),
  hash: createHash('sha256').update(plain).digest('hex').slice(0, 16),
});
