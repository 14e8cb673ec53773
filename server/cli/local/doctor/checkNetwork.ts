import { connect } from 'node:net';
import type { Config } from '../../../config/config.js';
import { VENDORS } from '../../../delivery/vendors/index.js';
import { type Finding, fault, ok, warning } from './finding.js';

const TIMEOUT_MS = 3_000;
/** Tokens and signed requests of vendors allow minutes; codes live for minutes. */
const MOST_SKEW_MS = 5_000;
const PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'smtps:': 465, 'smtp:': 587 };

/** Providers and the public URL, as this machine reaches them. */
export async function checkNetwork(config: Config, now: () => number): Promise<Finding[]> {
  const providers = VENDORS.flatMap(({ name, settings }) => {
    const values = Object.values(config.vendors.of(settings) ?? {});
    return values.flatMap((value) => hostOf(value) ?? []).map((host) => checkHost(name, host));
  });
  const findings = await Promise.all([
    ...providers,
    ...(config.publicUrl ? [checkPublicUrl(config.publicUrl, now)] : [checkRunning(config)]),
  ]);
  return findings.flat();
}

interface Host {
  readonly hostname: string;
  readonly port: number;
}

/** The host of a setting that is a URL. Never the URL itself, which may have a password in it. */
function hostOf(value: unknown): Host | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const { protocol, hostname, port } = new URL(value);
  const standard = PORTS[protocol];
  return standard && hostname
    ? { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || standard }
    : undefined;
}

async function checkHost(name: string, { hostname, port }: Host): Promise<Finding[]> {
  const check = `provider ${name}`;
  const failure = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ host: hostname, port, timeout: TIMEOUT_MS });
    const end = (result: string | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('no connection in time'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
  if (!failure) return [ok(check, `${hostname}:${port} accepts connections`)];
  return [
    fault(
      check,
      `${hostname}:${port} cannot be reached: ${failure}`,
      'allow the connection in the firewall, or correct the host',
    ),
  ];
}

/** The service on this machine, where one runs: what it noticed about its setup. */
async function checkRunning({ host, port, tlsCert }: Config): Promise<Finding[]> {
  // Its certificate is for another name.
  if (tlsCert || port === 0) return [];
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const response = await fetch(`http://${name}:${port}/readyz`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined);
  return response ? setupFindings(response) : [];
}

/** What /readyz says besides its status, such as a proxy that is not trusted or a clock that was set. */
async function setupFindings(response: Response): Promise<Finding[]> {
  const body: unknown = await response.json().catch(() => undefined);
  const details = body && typeof body === 'object' && 'details' in body ? body.details : [];
  if (!Array.isArray(details)) return [];
  return details
    .filter((detail) => typeof detail === 'string')
    .map((detail) => warning('setup', detail, 'correct it: docs/operations/proxy-and-tls.md has proxies'));
}

async function checkPublicUrl(url: string, now: () => number): Promise<Finding[]> {
  const cure = "correct OTP_PUBLIC_URL, the proxy's route or the name's DNS entry, and start the service";
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const setup = await setupFindings(response);
    const findings = [
      ...setup,
      response.ok
        ? ok('public URL', `${url} is ready`)
        : warning('public URL', `${url}/readyz responds with ${response.status}`, cure),
    ];
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(date)) return findings;
    const skew = Math.abs(now() - date);
    const seconds = Math.round(skew / 1000);
    return [
      ...findings,
      skew > MOST_SKEW_MS
        ? fault(
            'clock',
            `differs from that of ${url} by ${seconds} s`,
            'synchronise the clocks of both machines (NTP)',
          )
        : ok('clock', `as at ${url}`),
    ];
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    return [
      fault('public URL', `${url} cannot be reached: ${cause?.message ?? (error as Error).message}`, cure),
    ];
  }
}
