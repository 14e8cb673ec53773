import { Code, ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Mark } from '../../look/Mark.js';
import { signIn } from '../credential.js';

/** Asks for a key: on a page of its own, or over the page whose token has expired. */
export function SignIn({ isOver = false }: { readonly isOver?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (isOver) dialog.current?.showModal();
  }, [isOver]);
  if (!isOver)
    return (
      <main class="signin">
        <Form title="Sign in" />
      </main>
    );
  return (
    <dialog ref={dialog} aria-label="Sign in again" onCancel={(event) => event.preventDefault()}>
      <Form title="Sign in again" />
    </dialog>
  );
}

function Form({ title }: { readonly title: string }) {
  const field = useRef<HTMLInputElement>(null);
  const problem = useSignal('');
  const isBusy = useSignal(false);
  const enter = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    problem.value = '';
    try {
      await signIn(field.current?.value.trim() ?? '');
    } catch (thrown) {
      const { code, rawMessage } = ConnectError.from(thrown);
      problem.value =
        code === Code.Unauthenticated ? 'This key is not known, has expired or was revoked.' : rawMessage;
      field.current?.focus();
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <form class="signin-form" onSubmit={enter}>
      <p class="brand">
        <Mark /> Countersign
      </p>
      <h1>{title}</h1>
      <p class="soft">
        With an API key. It stays in the memory of this tab; what the tab keeps ends after an hour and when
        the tab is closed.
      </p>
      <div class="field">
        <label for="key">API key</label>
        <input
          id="key"
          ref={field}
          class="input mono"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          placeholder="sk_otp_live_…"
          aria-describedby="problem hint"
          aria-invalid={problem.value !== ''}
        />
        <p id="problem" class="bad" role="alert">
          {problem}
        </p>
      </div>
      <button type="submit" class="button primary" aria-disabled={isBusy.value}>
        {isBusy.value ? 'Checking…' : 'Sign in'}
      </button>
      <p id="hint" class="soft small-print">
        The first start of the service printed a key. More are made under Keys. Lost it? Start the service
        with <code>OTP_BOOTSTRAP_API_KEY</code>.
      </p>
    </form>
  );
}
