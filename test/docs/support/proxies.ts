import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/freePort.js';

export type ProxyName = 'nginx' | 'haproxy' | 'caddy';

/** A proxy of the page about proxies, running in front of a service. */
export interface RunningProxy {
  readonly url: string;
  stop(): Promise<void>;
}

export interface ProxyDeps {
  /** Folder for the configuration and what the proxy writes. */
  readonly folder: string;
  /** Port of the service. */
  readonly upstream: number;
  /** Files: certificate chain followed by the private key, and the private key. */
  readonly certificate: string;
  readonly key: string;
}

export const PAGE = 'docs/operations/proxy-and-tls.md';

/** Which arguments start it in the foreground, and what its configuration needs besides the recipe. */
const PROGRAMS: Readonly<
  Record<ProxyName, { args(path: string): readonly string[]; whole(recipe: string, folder: string): string }>
> = {
  nginx: {
    args: (path) => ['-c', path, '-e', 'stderr'],
    whole: (recipe, folder) => {
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((name) => `${name}_temp_path ${join(folder, name)};`)
        .join('\n');
      return `daemon off;\npid ${join(folder, 'pid')};\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${recipe}\n}\n`;
    },
  },
  haproxy: { args: (path) => ['-f', path, '-db'], whole: (recipe) => recipe },
  caddy: {
    args: (path) => ['run', '--adapter', 'caddyfile', '--config', path],
    whole: (recipe) => `{\nadmin off\nauto_https disable_redirects\nskip_install_trust\n}\n${recipe}`,
  },
};

export const isInstalled = (name: ProxyName): boolean =>
  spawnSync(name, [name === 'caddy' ? 'version' : '-v']).status === 0;

/** The recipe of the page for one proxy. */
export async function recipeOf(name: ProxyName): Promise<string> {
  const text = await readFile(PAGE, 'utf8');
  const found = new RegExp(`^<!-- recipe: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text);
  if (!found) throw new Error(`${PAGE} has no recipe for ${name}`);
  return found[1]!;
}

/** Starts the recipe as it is written, with other ports, names and certificates. */
export async function startProxy(name: ProxyName, deps: ProxyDeps): Promise<RunningProxy> {
  const { folder, upstream, certificate, key } = deps;
  const port = await freePort();
  const recipe = (await recipeOf(name))
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${upstream}`)
    .replaceAll('/etc/ssl/otp.pem', certificate)
    .replaceAll('/etc/ssl/otp.key', key)
    .replace('https://otp.example.com', `https://localhost:${port}`)
    .replace('otp.example.com', 'localhost')
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('bind :443', `bind 127.0.0.1:${port}`);
  const { args, whole } = PROGRAMS[name];
  const path = join(folder, `${name}.conf`);
  await writeFile(path, whole(recipe, folder));
  const child = spawn(name, args(path), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const ended = once(child, 'close');
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`${name} has ended: ${complaints}`);
    return accepts(port);
  });
  return { url: `https://localhost:${port}`, stop: () => stop(child, ended) };
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

const accepts = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
