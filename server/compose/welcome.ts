import { type Config, isLoopback } from '../config/config.js';
import type { FirstKeys } from './bootstrapKeys.js';

/** What is shown and nowhere logged. */
interface Shown {
  readonly firstKeys: FirstKeys | undefined;
  readonly inboxToken: string | undefined;
}

/** What a person sees when the service is up: where it is, and on a first start the keys and commands to copy. */
export function welcome(config: Config, port: number, { firstKeys, inboxToken }: Shown): string {
  const base = urlOf(config, port);
  const store = config.mongodbUri ? 'MongoDB' : `the embedded store in ${config.dataDir}`;
  const lines = [`Countersign is ready on ${base}, with ${store}.`];
  if (config.env === 'development') lines.push(DEVELOPMENT);
  // In the fragment, which a browser sends to no server.
  if (inboxToken !== undefined) lines.push(`Inbox: ${base}/inbox#t=${inboxToken}`);
  if (firstKeys) lines.push('', ...firstSteps(base, firstKeys, inboxToken));
  else if (!config.bootstrapApiKey) lines.push(...KEYS_ARE_GONE);
  return `${lines.join('\n')}\n`;
}

/** The URL by which this machine reaches the service. */
export function urlOf(config: Config, port: number): string {
  const scheme = config.tlsCert ? 'https' : 'http';
  const host = isLoopback(config.host) ? '127.0.0.1' : config.host;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const DEVELOPMENT =
  'This is development mode: messages may go to the inbox and secrets are generated. Set OTP_ENV=production to serve people.';

/** For operators who look for the keys of an earlier start. */
const KEYS_ARE_GONE = [
  'API keys are shown once, when they are made, and kept as hashes. Without one, start once with',
  'OTP_BOOTSTRAP_API_KEY set to at least 32 characters of your own: a key with every scope from then on.',
];

function firstSteps(base: string, { live, test }: FirstKeys, inboxToken: string | undefined): string[] {
  const shown = ['These API keys are shown once:', `  live  ${live}`, `  test  ${test}`, ''];
  // In production there is no inbox to read the code in.
  if (inboxToken === undefined) return shown;
  const call = `curl -s -H "Authorization: Bearer $KEY" -H "Content-Type: application/json"`;
  const pick = (expression: string) => `node -p 'JSON.parse(fs.readFileSync(0)).${expression}'`;
  return [
    ...shown,
    'Send a code (it arrives in the inbox), read it, verify it:',
    '',
    `KEY=${live}; SESSION=$(${call} ${base}/otp.v1.OtpService/Send -d '{"recipients":{"email":"you@example.com"}}' | ${pick('session.id')}); echo $SESSION`,
    `CODE=$(curl -s -H "Authorization: Bearer ${inboxToken}" ${base}/inbox.json | ${pick('messages[0].text.match(/[0-9]{6}/)[0]')}); echo $CODE`,
    `${call} ${base}/otp.v1.OtpService/Verify -d '{"sessionId":"'$SESSION'","code":"'$CODE'"}'; echo`,
    '',
  ];
}
