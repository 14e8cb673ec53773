import { isIP } from 'node:net';
import { z } from 'zod';
import { isNetwork } from '../domain/ipAddresses.js';
import { withSecretFiles } from './secretFiles.js';
import { baseUrl, credential, list, secret, setting, url, type ValuesOf, wholeNumber } from './setting.js';
import {
  type ConfiguredGroups,
  type Environment,
  readGroups,
  readSettings,
  type SettingGroup,
} from './settingGroup.js';
import { TELEMETRY_SETTINGS } from './telemetry.js';

const networkList = list
  .refine((ranges) => ranges.every(isNetwork), 'must be IP addresses or CIDR ranges, separated by commas')
  .default([]);

/** An IP address, without brackets and port, or a host name. */
const hostName = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text),
    'must be an IP address or a host name, without scheme, brackets and port',
  );

/** THE configuration table, but for the settings of vendors: those are in delivery/vendors/. */
export const SETTINGS = {
  env: setting(
    'OTP_ENV',
    z.enum(['development', 'production']).optional(),
    'development or production. Development is the default on a loopback HOST only; production refuses generated secrets.',
  ),
  host: setting('HOST', hostName.default('127.0.0.1'), 'IP address or host name to listen on.'),
  port: setting('PORT', wholeNumber(0, 65535).default(8080), 'Port to listen on; 0 takes a free one.'),
  workers: setting(
    'OTP_WORKERS',
    wholeNumber(1, 64).default(1),
    'Processes that serve PORT together, on the embedded store or MongoDB. One is enough for one or two processors. /metrics and /readyz respond for all of them.',
  ),
  operatorPort: setting(
    'OTP_OPERATOR_PORT',
    wholeNumber(0, 65535).optional(),
    'A second port for operators: all services, /v1/oauth/token, reflection of all, and /metrics. The services of otp.admin.v1 and /metrics are then not on PORT. 0 takes a free one. Unset: everything is on PORT.',
  ),
  operatorHost: setting(
    'OTP_OPERATOR_HOST',
    hostName.optional(),
    'IP address or host name that OTP_OPERATOR_PORT listens on. Unset: 127.0.0.1.',
  ),
  mongodbUri: secret(
    'MONGODB_URI',
    url('mongodb:', 'mongodb+srv:').optional(),
    'MongoDB connection string, with the database name. Unset: the embedded store in OTP_DATA_DIR.',
  ),
  dataDir: setting(
    'OTP_DATA_DIR',
    z.string().default('./data'),
    'Folder of the embedded store and of generated secrets.',
  ),
  bootstrapApiKey: secret(
    'OTP_BOOTSTRAP_API_KEY',
    credential.min(32, 'must have at least 32 characters').optional(),
    'When set, this API key exists with every scope in workspace "default", live.',
  ),
  masterKeys: secret(
    'OTP_MASTER_KEYS',
    z.string().optional(),
    'id:base64,… with 32 bytes each. The first wraps all other keys, all of them unwrap. Required in production, generated in development.',
  ),
  inboxToken: secret(
    'OTP_INBOX_TOKEN',
    credential.min(16, 'must have at least 16 characters').optional(),
    'Bearer token for the messages of the development inbox. Unset, the first start makes one in OTP_DATA_DIR. Must not be set in production, which has no inbox.',
  ),
  hash: setting(
    'OTP_HASH',
    z.enum(['argon2id', 'hmac']).default('argon2id'),
    'How codes are hashed. argon2id resists a stolen database and keys; hmac (keyed HMAC-SHA-256) is about a hundred times faster and resists a stolen database only.',
  ),
  hashConcurrency: setting(
    'OTP_HASH_CONCURRENCY',
    wholeNumber(1, 256).optional(),
    'argon2id hashes computed at once. Unset: one per processor.',
  ),
  logLevel: setting(
    'OTP_LOG_LEVEL',
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'Least severe level that is logged.',
  ),
  ...TELEMETRY_SETTINGS,
  tlsCert: setting(
    'OTP_TLS_CERT',
    z.string().optional(),
    'File with the certificate chain (PEM). Together with OTP_TLS_KEY: serve TLS.',
  ),
  tlsKey: setting(
    'OTP_TLS_KEY',
    z.string().optional(),
    'File with the private key (PEM). Both files are read again when they change and on SIGHUP.',
  ),
  keepAliveSeconds: setting(
    'OTP_KEEP_ALIVE_SECONDS',
    wholeNumber(1, 3600).default(72),
    'Seconds an idle HTTP/1.1 connection is kept open. Should be longer than the idle timeout of the load balancer, so that it closes first.',
  ),
  drainSeconds: setting(
    'OTP_DRAIN_SECONDS',
    wholeNumber(0, 300).default(0),
    'Seconds between the signal to stop and the end of accepting: /readyz is 503 and calls are still served, so that load balancers take the instance out first. Should be longer than the period of their probes.',
  ),
  trustedProxies: setting(
    'OTP_TRUSTED_PROXIES',
    networkList,
    'IP addresses or CIDR ranges of proxies, separated by commas, whose X-Forwarded-For is trusted.',
  ),
  webhookNetworks: setting(
    'OTP_WEBHOOK_NETWORKS',
    networkList,
    'IP addresses or CIDR ranges of your own, separated by commas, that webhooks and vetoes may call in production, over http as well. All other calls in production must use https and public IP addresses.',
  ),
  docs: setting(
    'OTP_DOCS',
    z.enum(['0', '1'], 'must be 0 or 1').optional(),
    '1 serves /docs, a page to read and try the REST APIs; 0 does not. Unset, it is served in development.',
  ),
  console: setting(
    'OTP_CONSOLE',
    z.enum(['on', 'off'], 'must be on or off').optional(),
    "on serves /console, the operators' console, on PORT; off serves it nowhere. Unset, it is served in development. With OTP_OPERATOR_PORT it is on that port only, in production as well, unless off.",
  ),
  landing: setting(
    'OTP_LANDING',
    z.enum(['console'], 'must be console').optional(),
    'console leads from / to /console. Unset: in development / says where everything is, in production it is 404.',
  ),
  publicUrl: setting(
    'OTP_PUBLIC_URL',
    baseUrl.optional(),
    'URL under which the service is reached from outside, such as https://otp.example.com. Vendors post delivery receipts there; unset, none are requested. Pages under it may call the service, whichever origins a workspace allows.',
  ),
} as const;

type Values = ValuesOf<typeof SETTINGS>;

/** The settings in force. */
export type Config = Omit<Values, 'env'> & {
  readonly env: 'development' | 'production';
  /** The settings of the vendors that are configured. */
  readonly vendors: ConfiguredGroups;
};

/** Thrown for settings that cannot be used; the message lists every problem, never a secret value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(problems: readonly string[]) {
    super(['The configuration cannot be used:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
  }
}

/** Reads and checks the settings, those of vendors included. Throws ConfigError naming every wrong variable at once. */
export function readConfig(variables: Environment, vendors: readonly SettingGroup[]): Config {
  const tables = [SETTINGS, ...vendors.map(({ settings }) => settings)];
  const { environment, wrong: wrongFiles } = withSecretFiles(tables, variables);
  const { values, wrong } = readSettings(SETTINGS, environment);
  const read = values as Values;
  const groups = readGroups(vendors, environment);
  // Two groups may share a setting.
  const problems = [...new Set([...wrongFiles, ...wrong, ...groups.wrong])];
  if (problems.length === 0) problems.push(...contradictions(read), ...groups.partial);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...read, env: read.env ?? 'development', vendors: groups.configured };
}

function contradictions(read: Values): string[] {
  const problems: string[] = [];
  if (!read.env && !isLoopback(read.host)) {
    problems.push(
      `HOST=${read.host} is reachable from outside: set OTP_ENV=production (with OTP_MASTER_KEYS), or OTP_ENV=development if this is intended`,
    );
  }
  if (read.env === 'production' && !read.masterKeys) {
    problems.push(
      'OTP_MASTER_KEYS is required with OTP_ENV=production: generate one with `openssl rand -base64 32`, set it as 1:<value>',
    );
  }
  if (read.env === 'production' && read.inboxToken !== undefined)
    problems.push('OTP_INBOX_TOKEN must not be set with OTP_ENV=production, which has no inbox');
  if (read.operatorHost !== undefined && read.operatorPort === undefined)
    problems.push('OTP_OPERATOR_HOST has an effect together with OTP_OPERATOR_PORT only');
  if (read.operatorPort && read.operatorPort === read.port)
    problems.push('OTP_OPERATOR_PORT and PORT must differ');
  if (Boolean(read.tlsCert) !== Boolean(read.tlsKey))
    problems.push('OTP_TLS_CERT and OTP_TLS_KEY must be set together');
  return problems;
}

/** Whether a host is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family === 4 ? host.startsWith('127.') : host === '::1';
}
