import type { SessionJson } from './shapes.js';

interface Deps {
  readonly find: (id: string) => HTMLElement;
  readonly say: Readonly<Record<string, string>>;
  readonly skew: number;
}

/** Seconds between two sentences for screen readers. */
const SPOKEN_EVERY = 30;

/** Shows each second how long it is until a new code can be asked for, then the button. */
export function createCountdown({ find, say, skew }: Deps): { show(session: SessionJson): void } {
  const form = find('resend');
  const shown = find('countdown');
  const said = find('said');
  let until: number | undefined;
  let spoken = 0;

  function tick(): void {
    const left = until === undefined ? 0 : Math.ceil((until - Date.now() - skew) / 1_000);
    const isRunning = left > 0;
    form.hidden = isRunning || until === undefined;
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    shown.textContent = isRunning ? say.wait!.replace('{n}', clock) : '';
    // Heard at the beginning, each half minute and at the end; not every second.
    const step = isRunning ? Math.ceil(left / SPOKEN_EVERY) : 0;
    if (step !== spoken) said.textContent = isRunning ? say.wait!.replace('{n}', `${left} s`) : say.ready!;
    spoken = step;
  }
  setInterval(tick, 500);
  return {
    show({ resendAvailableAt }) {
      until = resendAvailableAt === undefined ? undefined : Date.parse(resendAvailableAt);
      tick();
    },
  };
}
