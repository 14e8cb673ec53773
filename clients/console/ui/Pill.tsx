import type { Tone } from '../words.js';

/** A state in a word. The mark's shape differs as well, so that colour alone says nothing. */
export const Pill = ({ tone, children }: { readonly tone: Tone; readonly children: string }) => (
  <span class={`pill ${tone}`}>
    <svg viewBox="0 0 8 8" aria-hidden="true">
      {tone === 'ok' && <circle cx="4" cy="4" r="4" />}
      {tone === 'wait' && <circle cx="4" cy="4" r="2.75" class="ring" />}
      {tone === 'part' && <path d="M4 0a4 4 0 0 1 0 8z M4 .75a3.250 3.250 0 0 0 0 6.500" class="half" />}
      {tone === 'bad' && <path d="M4 0l4 8H0z" />}
      {tone === 'off' && <rect x="0.5" y="3" width="7" height="2" rx="1" />}
    </svg>
    {children}
  </span>
);
