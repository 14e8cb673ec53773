/** How often the page looks whether a step has been done. */
const LOOK_EVERY_MS = 2_000;

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copies]')) {
  const said = button.textContent;
  button.addEventListener('click', async () => {
    const text = document.getElementById(button.dataset.copies ?? '')?.textContent ?? '';
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => {
      button.textContent = said;
    }, 1_500);
  });
}

/** Marks the steps that calls of this process have done, as its metrics count them. */
async function look(): Promise<void> {
  const response = await fetch('/metrics');
  if (!response.ok) return;
  const lines = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith('countersign_calls_total{'));
  const has = (method: string) =>
    lines.some(
      (line) => line.includes(`method="${method}"`) && line.includes('reason="OK"') && !line.endsWith(' 0'),
    );
  if (has('Send')) mark('send');
  // A code that was verified was read.
  if (has('Verify')) for (const step of ['read', 'verify']) mark(step);
}

function mark(step: string): void {
  const item = document.getElementById(step);
  if (!item || item.classList.contains('done')) return;
  item.classList.add('done');
  const number = item.querySelector('.number');
  if (number) number.textContent = '✓';
  const said = item.querySelector('[role=status]');
  if (said) said.textContent = 'Done';
}

setInterval(() => {
  if (document.visibilityState === 'visible') look().catch(() => {});
}, LOOK_EVERY_MS);
