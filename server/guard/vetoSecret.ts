import type { Random } from '../platform/random.js';
import type { Encryption } from '../secrets/encryption.js';
import type { Place } from '../secrets/sealedFields.js';
import { newWebhookSecret } from '../secrets/tokens/standardWebhooks.js';
import type { VetoSettings } from './stored.js';

/** Where the veto's secret of a workspace is sealed. */
export const vetoSecretPlace = (workspace: string): Place => ({
  collection: 'guards',
  id: workspace,
  field: 'veto.secret',
});

/** The secret a veto is stored with. `generated`: the new secret, to be shown once; empty where none was made. */
export interface VetoSecret {
  readonly sealed: string;
  readonly generated: string;
}

/** Seals the given secret; without one keeps the secret of the veto before, or generates the first. */
export function sealVetoSecret(
  { encryption, random }: { readonly encryption: Encryption; readonly random: Random },
  workspace: string,
  { given, before }: { readonly given: string; readonly before: VetoSettings | undefined },
): VetoSecret {
  if (!given && before) return { sealed: before.secret, generated: '' };
  const generated = given ? '' : newWebhookSecret(random);
  return { sealed: encryption.seal(vetoSecretPlace(workspace), given || generated), generated };
}
