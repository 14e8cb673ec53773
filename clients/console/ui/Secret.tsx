import { Copy } from '../../look/Copy.js';

/** A secret, shown once: no later response has it. */
export const Secret = ({ name, secret }: { readonly name: string; readonly secret: string }) => (
  <div class="secret">
    <p>
      This is the only time that {name} is shown. Store it now, in a vault or in the settings of the program
      that uses it.
    </p>
    <output class="mono">{secret}</output>
    <Copy text={secret} />
  </div>
);
