import { invalid } from '../../errors.js';
import type { Fingerprints } from '../../secrets/fingerprints.js';
import { namedRecipient } from '../shared/recipient.js';

/** The fingerprints of the recipient that a request names, by workspace. Throws INVALID_REQUEST where it names both ways. */
export function recipientsOf(
  fingerprints: Fingerprints,
  { recipient, fingerprint }: { readonly recipient: string; readonly fingerprint: string },
): ((workspace: string) => readonly string[]) | undefined {
  if (recipient && fingerprint) throw invalid('fingerprint', 'must be left out where there is a recipient');
  if (fingerprint) return () => [fingerprint];
  if (!recipient) return undefined;
  const { identity } = namedRecipient(recipient);
  return (workspace) => fingerprints.recipientCandidates(workspace, identity);
}
