import { eventually } from '../../support/eventually.js';
import type { TestService } from '../../support/service.js';

/** The code that was delivered for a session, read from the inbox as a person would. */
export async function deliveredCode(
  service: TestService,
  sessionId: string,
  channel = 'email',
): Promise<string> {
  const message = await eventually(async () =>
    (await service.inbox()).find((one) => one.session_id === sessionId && one.channel === channel),
  );
  const code = /\b\d{4,8}\b/.exec(message.text)?.[0];
  if (!code) throw new Error(`no code in: ${message.text}`);
  return code;
}

/** A code that is not this one. */
export const otherThan = (code: string): string => (code.startsWith('0') ? '1' : '0') + code.slice(1);
