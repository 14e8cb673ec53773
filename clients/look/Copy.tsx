import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from './Icon.js';

/** Copies a text to the clipboard and says so. */
export function Copy({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const copied = useSignal(false);
  useEffect(() => {
    copied.value = false;
  }, [text]);
  return (
    <button
      type="button"
      class="button quiet small"
      onClick={async () => {
        await navigator.clipboard.writeText(text);
        copied.value = true;
      }}
    >
      <Icon name={copied.value ? 'check' : 'copy'} />
      <span role="status">{copied.value ? 'Copied' : label}</span>
    </button>
  );
}

/** Text to be read by a machine, with a button that copies it. */
export const Code = ({ text }: { readonly text: string }) => (
  <div class="code">
    <pre>{text}</pre>
    <Copy text={text} />
  </div>
);
