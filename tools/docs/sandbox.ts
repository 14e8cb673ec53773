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
  return `# Sandbox

${GENERATED}

A sandbox session is a session in everything but two things: nothing is delivered and nothing is charged, and the
answer to Send carries the codes. It proves nothing: a verification token of the sandbox is redeemed only by those
who say that they accept one (\`accept_sandbox\`).

A session is of the sandbox when it is opened with a test key (\`sk_otp_test_…\`), or with a live key and \`sandbox\`
(multi-channel: \`sandbox_mode\`). A test key opens and sees sandbox sessions only. Limits and contacts of the sandbox
are apart from live ones.

| where | the codes |
|---|---|
| \`otp.v1\` | \`sandbox_codes\`, by channel |
| multi-channel | \`sandbox_otps\`, by channel, and again \`data.otps\` |
| beneficiary, messaging | the header \`X-Sandbox-Code\` |

## Recipients with an outcome of their own

To these, a sandbox session goes as the last column says, so that your own tests can meet every failure. A phone does
so for SMS and WhatsApp; in a session to several recipients the first of e-mail, SMS and WhatsApp decides. No limit
counts them, so they can be used as often as you like. Every other recipient is an ordinary one. To a live session
all of them are ordinary.

${table(['e-mail', 'phone', 'what happens'], rows)}
`;
}

function outcome(scenario: SandboxScenario): string {
  if ('refuse' in scenario) {
    const { refuse, retryAfterMs } = scenario;
    const wait = retryAfterMs === undefined ? '' : `, to be tried again after ${retryAfterMs / 1000} s`;
    return `Send is refused: \`${refuse}\`${wait}.`;
  }
  if ('delivery' in scenario) {
    return `Send succeeds, delivery fails: state \`FAILED\`, error \`${scenario.delivery}\`.`;
  }
  if ('session' in scenario) {
    return scenario.session === 'EXPIRED'
      ? 'Send succeeds, the session has expired at once: Verify answers `SESSION_EXPIRED`.'
      : 'Send succeeds, the session is locked at once: Verify answers `ATTEMPTS_EXHAUSTED`.';
  }
  return 'Send succeeds, and so does Verify with the code.';
}
