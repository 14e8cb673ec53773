import { type Config, ConfigError, isLoopback } from '../../../config/config.js';
import { VENDORS } from '../../../delivery/vendors/index.js';
import { CHANNELS } from '../../../domain/channels.js';
import type { Io } from '../../io.js';
import { settingsOf } from '../settings.js';
import { type Finding, fault, ok, warning } from './finding.js';

/** The settings, or what is wrong with them. */
export function checkSettings(io: Io): { readonly config?: Config; readonly findings: readonly Finding[] } {
  try {
    const config = settingsOf(io);
    return {
      config,
      findings: [ok('settings', `valid, ${config.env}`), ...channels(config), ...proxies(config)],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [, ...problems] = error.message.split('\n');
    const cure = 'correct the variable: docs/reference/configuration.md';
    return { findings: problems.map((problem) => fault('settings', problem.trim(), cure)) };
  }
}

/** In development the inbox replaces the providers of channels that have none. */
function channels({ env, vendors }: Config): Finding[] {
  const configured = VENDORS.filter(({ settings }) => vendors.of(settings) !== undefined);
  return CHANNELS.map((channel) => {
    const names = configured.filter((vendor) => vendor.channels.includes(channel)).map(({ name }) => name);
    if (names.length > 0) return ok(`channel ${channel}`, names.join(', '));
    if (env === 'development') return ok(`channel ${channel}`, 'the development inbox');
    return warning(
      `channel ${channel}`,
      'no provider: it cannot be used',
      'set the variables of one: docs/reference/providers.md',
    );
  });
}

function proxies({ env, host, publicUrl, trustedProxies }: Config): Finding[] {
  if (env !== 'production') return [];
  const findings: Finding[] = [];
  if (!publicUrl) {
    findings.push(warning('public URL', 'not set: no delivery receipts are requested', 'set OTP_PUBLIC_URL'));
  }
  if (trustedProxies.length > 0) findings.push(ok('proxies', trustedProxies.join(', ')));
  else if (isLoopback(host)) {
    findings.push(
      warning(
        'proxies',
        'the service listens on loopback and trusts no proxy: limits count all clients as one',
        "set OTP_TRUSTED_PROXIES to the proxy's IP address, such as 127.0.0.1",
      ),
    );
  }
  return findings;
}
