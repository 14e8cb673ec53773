import { signal } from '@preact/signals';

const shown = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says for seven seconds that something was done. */
export function say(text: string): void {
  shown.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    shown.value = '';
  }, 7_000);
}

export const Toast = () => (
  <div class="toast" role="status">
    {shown.value && <p>{shown}</p>}
  </div>
);
