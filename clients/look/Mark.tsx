/** The product's mark. Beside the name it says nothing of its own. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 28 28" aria-hidden="true">
    <rect width="28" height="28" rx="7" />
    <path d="M8 14.5l4 4 8-9" />
  </svg>
);
