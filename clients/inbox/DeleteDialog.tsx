import { inbox } from './api.js';
import { Dialog } from './Dialog.js';
import { choose, guarded, load } from './state.js';

/** Asks before messages end: all of them, or those to one recipient. */
export function DeleteDialog({ close, to = '' }: { readonly close: () => void; readonly to?: string }) {
  const act = to ? 'Delete its messages' : 'Delete all messages';
  return (
    <Dialog title={act} close={close}>
      <p>
        {to ? `Every message to ${to} is deleted` : 'Every message of every workspace is deleted'}, those that
        a filter hides and those that are still delayed included. It cannot be undone.
      </p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={close}>
          Keep them
        </button>
        <button
          type="button"
          class="button danger"
          onClick={async () => {
            await guarded(() => inbox.deleteInboxMessages({ recipient: to }));
            choose('');
            await load();
            close();
          }}
        >
          {act}
        </button>
      </div>
    </Dialog>
  );
}
