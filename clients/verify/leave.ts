import type { PageJson } from './shapes.js';

/**
 * Takes the result to where the person came from: by query without a secret, or
 * in the body of a POST. Nothing happens for a page that is shown in a frame.
 */
export function leave(
  { returnMode, returnUrl, state = '' }: PageJson,
  sessionId: string,
  verificationToken: string | undefined,
  error?: 'recipient_change',
): void {
  if (!returnUrl || returnMode === 'RETURN_MODE_EMBED') return;
  if (returnMode === 'RETURN_MODE_FORM_POST' && !error) {
    if (verificationToken)
      post(returnUrl, { state, session_id: sessionId, verification_token: verificationToken });
    return;
  }
  const url = new URL(returnUrl);
  if (state) url.searchParams.set('state', state);
  url.searchParams.set('session_id', sessionId);
  if (error) url.searchParams.set('error', error);
  // Not into the history: back leads to where the person came from, not to a page that is done.
  location.replace(url);
}

function post(url: string, fields: Readonly<Record<string, string>>): void {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: url, hidden: true });
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
  document.body.append(form);
  form.submit();
}
