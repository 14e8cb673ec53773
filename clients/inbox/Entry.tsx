import { useSignal } from '@preact/signals';
import { Mark } from '../look/Mark.js';
import { enter, refusal } from './state.js';

/** Asks for the inbox token, where neither the link nor the tab has one. */
export function Entry() {
  const text = useSignal('');
  return (
    <main class="signin">
      <form
        class="signin-form"
        onSubmit={(event) => {
          event.preventDefault();
          void enter(text.value.trim());
        }}
      >
        <p class="brand">
          <Mark /> Countersign
        </p>
        <h1>Inbox</h1>
        <p class="soft">
          Messages of channels without a provider arrive here, codes included. Each start in development
          prints a link that opens it.
        </p>
        <div class="field">
          <label for="token">Inbox token</label>
          <input
            id="token"
            class="input mono"
            type="password"
            autocomplete="off"
            spellcheck={false}
            required
            placeholder="otpi_…"
            aria-describedby="refusal"
            aria-invalid={refusal.value !== ''}
            value={text.value}
            onInput={({ currentTarget }) => {
              text.value = currentTarget.value;
            }}
          />
          <p id="refusal" class="bad" role="alert">
            {refusal}
          </p>
        </div>
        <button type="submit" class="button primary">
          Open
        </button>
      </form>
    </main>
  );
}
