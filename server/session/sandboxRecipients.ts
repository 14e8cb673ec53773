import { Failure, type Reason } from '../errors.js';
import { HOUR_MS, MINUTE_MS } from '../platform/durations.js';

/** What a sandbox recipient makes happen. */
export type SandboxScenario =
  /** Send is refused. */
  | { readonly refuse: Reason; readonly retryAfterMs?: number }
  /** Send succeeds and delivery fails. */
  | { readonly delivery: 'WRONG_RECIPIENT' | 'REFUSED' }
  /** Send succeeds and the session has ended at once. */
  | { readonly session: 'EXPIRED' | 'LOCKED' }
  /** Everything goes well. */
  | { readonly success: true };

/**
 * Recipients that trigger each outcome in sandbox sessions, so that a caller's
 * own tests can meet every failure: e-mail `<name>@sandbox.example`, phones in
 * the order of this list from +15005550000 (a range that is never assigned).
 * They count against no limit, so tests can repeat them as often as they like.
 */
export const SANDBOX_SCENARIOS: Readonly<Record<string, SandboxScenario>> = {
  success: { success: true },
  'invalid-recipient': { refuse: 'INVALID_RECIPIENT' },
  'rate-limited': { refuse: 'RATE_LIMITED', retryAfterMs: MINUTE_MS },
  'recipient-blocked': { refuse: 'RECIPIENT_BLOCKED', retryAfterMs: HOUR_MS },
  'insufficient-balance': { refuse: 'INSUFFICIENT_BALANCE' },
  overloaded: { refuse: 'OVERLOADED', retryAfterMs: 1_000 },
  'wrong-recipient': { delivery: 'WRONG_RECIPIENT' },
  refused: { delivery: 'REFUSED' },
  expired: { session: 'EXPIRED' },
  locked: { session: 'LOCKED' },
  'send-refused': { refuse: 'SEND_REFUSED', retryAfterMs: MINUTE_MS },
};

const NAMES = Object.keys(SANDBOX_SCENARIOS);
const DOMAIN = '@sandbox.example';
const FIRST_PHONE = 15_005_550_000;

/** The recipients that stand for a scenario. */
export const sandboxRecipient = (name: string): { readonly email: string; readonly phone: string } => ({
  email: `${name}${DOMAIN}`,
  phone: `+${FIRST_PHONE + NAMES.indexOf(name)}`,
});

/** The scenario of a recipient's identity (lower-case e-mail or E.164); undefined for an ordinary one. */
export function sandboxScenario(identity: string): SandboxScenario | undefined {
  if (identity.endsWith(DOMAIN)) {
    const name = identity.slice(0, -DOMAIN.length);
    return Object.hasOwn(SANDBOX_SCENARIOS, name) ? SANDBOX_SCENARIOS[name] : undefined;
  }
  const name = identity.startsWith('+') ? NAMES[Number(identity.slice(1)) - FIRST_PHONE] : undefined;
  return name === undefined ? undefined : SANDBOX_SCENARIOS[name];
}

/** Throws the failure a scenario stands for, where it stands for one. */
export function refuseAsScenario(scenario: SandboxScenario | undefined): void {
  if (scenario && 'refuse' in scenario) {
    const { refuse, retryAfterMs } = scenario;
    throw new Failure(refuse, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
}
