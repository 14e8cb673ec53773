/**
 * Where a browser goes with the result of a page: state and session, and no
 * secret, because URLs end up in histories and logs.
 */
export function returnLocation(
  { returnUrl, state }: { readonly returnUrl: string; readonly state: string },
  sessionId: string,
  error?: 'recipient_change',
): string {
  const url = new URL(returnUrl);
  if (state) url.searchParams.set('state', state);
  url.searchParams.set('session_id', sessionId);
  if (error) url.searchParams.set('error', error);
  return url.href;
}
