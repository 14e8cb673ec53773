import { count } from '../format.js';

interface Replayed {
  /** Events that were queued again. */
  readonly replayed: number;
  /** Events that had been pending. */
  readonly pending: number;
}

/** What a replay did. An event that is pending is not queued a second time, but posted now. */
export function replayedText({ replayed, pending }: Replayed): string {
  if (replayed + pending === 0) return 'No events are posted again: there are none of this time.';
  const parts = [
    replayed === 1 && 'The event is posted again.',
    replayed > 1 && `${count(replayed)} events are posted again.`,
    pending === 1 && 'The event that was pending is posted now.',
    pending > 1 && `${count(pending)} events that were pending are posted now.`,
  ];
  return parts.filter(Boolean).join(' ');
}
