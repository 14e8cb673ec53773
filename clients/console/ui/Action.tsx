import type { DescMethod } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from '../../look/Icon.js';
import { Problem } from '../../look/States.js';
import { missing } from '../access.js';
import { Text, type Values, valuesOfForm } from './Fields.js';

interface Props {
  /** On the button that opens the dialog. */
  readonly label: string;
  readonly icon?: IconName;
  readonly look?: 'primary' | 'quiet' | 'danger-quiet';
  /** What it calls: without the scope the button is disabled and says why. */
  readonly method: DescMethod;
  readonly title?: string;
  /** On the button that does it: the act, in words. */
  readonly submit: string;
  /** To be typed before something that ends: its name. */
  readonly confirm?: string;
  readonly children?: ComponentChildren;
  /** What it returns is shown before the dialog closes. */
  readonly onSubmit: (values: Values) => Promise<ComponentChildren>;
}

/** A button, and the dialog in which its act is prepared and confirmed. */
export function Action(props: Props) {
  const isOpen = useSignal(false);
  const reason = missing(props.method);
  const id = useId();
  return (
    <>
      <button
        type="button"
        class={`button ${props.look ?? ''}`}
        aria-disabled={reason !== undefined}
        aria-describedby={reason && id}
        title={reason}
        onClick={() => {
          isOpen.value = reason === undefined;
        }}
      >
        {props.icon && <Icon name={props.icon} />}
        {props.label}
        {reason && (
          <span class="hidden" id={id}>
            {reason}
          </span>
        )}
      </button>
      {isOpen.value && (
        <Dialog
          {...props}
          onClose={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}

export function Dialog({
  label,
  title = label,
  submit,
  confirm,
  children,
  onSubmit,
  onClose,
}: Omit<Props, 'method'> & { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const error = useSignal<ConnectError | undefined>(undefined);
  const isBusy = useSignal(false);
  const typed = useSignal('');
  const result = useSignal<ComponentChildren | undefined>(undefined);
  // Before it is painted: a key pressed then is the dialog's.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const isHeld = confirm !== undefined && typed.value.trim() !== confirm;
  const run = async (form: HTMLFormElement | null) => {
    if (!form || isHeld || isBusy.peek() || !form.reportValidity()) return;
    isBusy.value = true;
    error.value = undefined;
    try {
      const shown = await onSubmit(valuesOfForm(form));
      if (shown) result.value = shown;
      else dialog.current?.close();
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // What ends something is confirmed by its button only, never by Enter in a field.
          if (confirm === undefined) void run(event.currentTarget);
        }}
      >
        <h2 id={heading}>{title}</h2>
        {result.value ?? (
          <>
            {children}
            {confirm !== undefined && (
              <label class="field">
                <span>
                  Type <b class="mono">{confirm}</b> to confirm
                </span>
                <input
                  class="input"
                  autocomplete="off"
                  onInput={({ currentTarget }) => {
                    typed.value = currentTarget.value;
                  }}
                />
              </label>
            )}
            <Problem error={error.value} />
          </>
        )}
        <div class="dialog-buttons">
          {result.value ? (
            <button type="button" class="button primary" onClick={() => dialog.current?.close()}>
              Done
            </button>
          ) : (
            <>
              <button type="button" class="button quiet" onClick={() => dialog.current?.close()}>
                Cancel
              </button>
              <button
                type={confirm === undefined ? 'submit' : 'button'}
                class={`button ${confirm === undefined ? 'primary' : 'danger'}`}
                aria-disabled={isHeld || isBusy.value}
                onClick={(event) => confirm !== undefined && void run(event.currentTarget.form)}
              >
                {isBusy.value ? 'Working…' : submit}
              </button>
            </>
          )}
        </div>
      </form>
    </dialog>
  );
}

/** Asks for a recipient that the tab does not remember: it is in no URL. */
export const RecipientField = ({ label = 'Phone or e-mail, in full' }: { readonly label?: string }) => (
  <Text label={label} name="recipient" required maxLength={254} placeholder="+57 300 111 2233" />
);
