import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Skeleton } from '../look/States.js';
import { inbox } from './api.js';
import { guarded } from './state.js';

/** The HTML of a message, in a frame of an origin of its own that runs and loads nothing. */
export function HtmlView({ id }: { readonly id: string }) {
  const path = useSignal('');
  useEffect(() => {
    void guarded(() => inbox.previewInboxMessage({ id })).then((found) => {
      path.value = found?.path ?? '';
    });
  }, [id]);
  if (!path.value) return <Skeleton rows={4} />;
  return <iframe class="html-view" title="The message as HTML" sandbox="" src={path.value} />;
}
