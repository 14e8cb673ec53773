import { useSignal } from '@preact/signals';
import { Icon } from '../look/Icon.js';
import { spaced } from './words.js';

/** A code, which a click copies without the space that helps to read it. */
export function CodeButton({ code, isLarge = false }: { readonly code: string; readonly isLarge?: boolean }) {
  const copied = useSignal(false);
  return (
    <button
      type="button"
      class={isLarge ? 'code-button large' : 'code-button'}
      onClick={async () => {
        await navigator.clipboard.writeText(code);
        copied.value = true;
      }}
    >
      <span class="hidden">Copy the code</span>
      <span class="num">{spaced(code)}</span>
      <Icon name={copied.value ? 'check' : 'copy'} />
      <span class="hidden" role="status">
        {copied.value ? 'Copied' : ''}
      </span>
    </button>
  );
}
