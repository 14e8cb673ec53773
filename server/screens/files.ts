import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const inGzip = promisify(gzip);
const inBrotli = promisify(brotliCompress);

/** A file that browsers load, in the encodings they take. */
export interface ScreenFile {
  readonly name: string;
  readonly type: string;
  readonly plain: Buffer;
  /** Compressed on first use, and kept: at start it would take longer than a start should. */
  gzip(): Promise<Buffer>;
  brotli(): Promise<Buffer>;
}

/** Names of the files of one screen. */
export interface ScreenNames {
  readonly js: string;
  readonly css: string;
}

/** The script of `<countersign-otp>`, and the hash of its content. */
export interface Widget {
  readonly file: string;
  readonly integrity: string;
}

/** What clients/build.mjs made, read once. */
export interface ScreenFiles {
  find(name: string): ScreenFile | undefined;
  /** The files of a screen, by its name in clients/build.mjs. */
  of(screen: string): ScreenNames;
  /** The text of a file. */
  text(name: string): string;
  readonly widget: Widget;
  /** A file that was not built. */
  make(name: string, content: Buffer): ScreenFile;
}

interface Manifest {
  readonly widget: Widget;
  readonly screens: Readonly<Record<string, ScreenNames>>;
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  woff2: 'font/woff2',
};

/**
 * Where the files are: beside the compiled server, in dist/ of the sources, or
 * beside an executable that contains the server. Undefined where they were not built.
 */
export function findScreens(): string | undefined {
  const folders = import.meta.url
    ? ['../../screens/', '../../dist/screens/'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
    : [join(dirname(process.execPath), 'screens')];
  return folders.find((folder) => existsSync(join(folder, 'manifest.json')));
}

export function readScreens(folder: string): ScreenFiles {
  const files = new Map(
    readdirSync(folder).map((name) => [name, fileOf(name, readFileSync(join(folder, name)))]),
  );
  const need = (name: string): ScreenFile => {
    const file = files.get(name);
    if (!file) throw new Error(`${name} is missing in ${folder}: run npm run build`);
    return file;
  };
  const { screens, widget } = JSON.parse(need('manifest.json').plain.toString()) as Manifest;
  return {
    widget,
    make: fileOf,
    find: (name) => files.get(name),
    of(screen) {
      const names = screens[screen];
      if (!names) throw new Error(`there is no screen ${screen} in ${folder}: run npm run build`);
      return names;
    },
    text: (name) => need(name).plain.toString(),
  };
}

function fileOf(name: string, plain: Buffer): ScreenFile {
  let zipped: Promise<Buffer> | undefined;
  let squeezed: Promise<Buffer> | undefined;
  return {
    name,
    type: TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    plain,
    gzip() {
      zipped ??= inGzip(plain, { level: 9 });
      return zipped;
    },
    brotli() {
      squeezed ??= inBrotli(plain);
      return squeezed;
    },
  };
}
