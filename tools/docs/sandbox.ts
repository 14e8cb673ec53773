import {
  SANDBOX_SCENARIOS,
  type SandboxScenario,
  sandboxRecipient,
} from '../../server/session/sandboxRecipients.js';
import { GENERATED, table } from './markdown.js';

/** docs/guides/testing-with-the-sandbox.md, from the sandbox recipients. */
export function sandbox(): string {
  const rows = Object.entries(SANDBOX_SCENARIOS).map(([name, scenario]) => {
    const { email, phone } = sandboxRecipient(name);
    return [`\`${email}\``, `\`${phone}\``, outcome(scenario)];
  });
  return `# Testing with the sandbox

${GENERATED}

Test your product without sending messages. Sandbox sessions behave like live ones, except that nothing is delivered or
charged and the response to Send contains the codes. They prove nothing: Redeem accepts a verification token of the
sandbox only if the caller sets \`accept_sandbox\`.

A session belongs to the sandbox if it is opened with a test key (\`sk_otp_test_…\`), or with a live key and \`sandbox\`
(multi-channel: \`sandbox_mode\`). A test key opens and sees sandbox sessions only. The sandbox has limits and contacts
of its own, separate from live ones. [Integrate in an afternoon](integrate-in-an-afternoon.md) has tests to start from.

| where | the codes |
|---|---|
| \`otp.v1\` | \`sandbox_codes\`, by channel |
| multi-channel | \`sandbox_otps\`, by channel, and again \`data.otps\` |
| beneficiary, messaging | the header \`X-Sandbox-Code\` |

## Recipients that trigger an outcome

These recipients trigger the outcome in the last column, so that your tests can cover every failure. A phone number
triggers it for SMS and for WhatsApp. In a session with several recipients, the first of e-mail, SMS and WhatsApp
decides. No limit counts these recipients. Every other recipient succeeds, and in a live session all of them are
ordinary recipients.

${table(['e-mail', 'phone', 'what happens'], rows)}
`;
}

function outcome(scenario: SandboxScenario): string {
  if ('refuse' in scenario) {
    const { refuse, retryAfterMs } = scenario;
    const wait = retryAfterMs === undefined ? '' : `; retry after ${retryAfterMs / 1000} s`;
    return `Send is refused: \`${refuse}\`${wait}.`;
  }
  if ('delivery' in scenario) {
    return `Send succeeds, delivery fails: state \`FAILED\`, error \`${scenario.delivery}\`.`;
  }
  if ('session' in scenario) {
    return scenario.session === 'EXPIRED'
      ? 'Send succeeds, the session has expired at once: Verify returns `SESSION_EXPIRED`.'
      : 'Send succeeds, the session is locked at once: Verify returns `ATTEMPTS_EXHAUSTED`.';
  }
  return 'Send succeeds, and so does Verify with the code.';
}
