import { count } from '../format.js';

/** What a replay did. An event that is pending is not queued a second time. */
export function replayedText(replayed: number, isOneEvent: boolean): string {
  if (replayed === 0)
    return isOneEvent
      ? 'The event is pending already: it is posted when it is due.'
      : 'No events are posted again: there are none of this time, or they are pending already.';
  return replayed === 1 ? 'The event is posted again.' : `${count(replayed)} events are posted again.`;
}
