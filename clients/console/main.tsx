import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { useSignal } from '@preact/signals';
import { render } from 'preact';
import { AccessService, type WhoAmIResponse } from '../../gen/otp/admin/v1/access_service_pb.js';
import { Mark } from '../look/Mark.js';

const access = createClient(
  AccessService,
  createConnectTransport({ baseUrl: location.origin, defaultTimeoutMs: 10_000 }),
);

/** Asks for a key and shows whose it is. The key stays in memory. */
function App() {
  const key = useSignal('');
  const problem = useSignal('');
  const who = useSignal<WhoAmIResponse | undefined>(undefined);

  const signIn = async (event: Event) => {
    event.preventDefault();
    problem.value = '';
    try {
      who.value = await access.whoAmI({}, { headers: { authorization: `Bearer ${key.value.trim()}` } });
    } catch (thrown) {
      const { code, rawMessage } = ConnectError.from(thrown);
      problem.value =
        code === Code.Unauthenticated ? 'This key is not known, or it was revoked.' : rawMessage;
    }
  };

  return (
    <main class="signin">
      {who.value ? (
        <section class="card">
          <p class="brand">
            <Mark /> Countersign
          </p>
          <h1>Signed in</h1>
          <dl>
            <dt>Workspace</dt>
            <dd>{who.value.workspace}</dd>
            <dt>Key</dt>
            <dd>{who.value.displayName}</dd>
          </dl>
        </section>
      ) : (
        <form class="card" onSubmit={signIn}>
          <p class="brand">
            <Mark /> Countersign
          </p>
          <h1>Sign in</h1>
          <div class="field">
            <label for="key">API key</label>
            <input
              id="key"
              class="input"
              type="password"
              autocomplete="off"
              required
              aria-describedby="problem"
              aria-invalid={problem.value !== ''}
              value={key.value}
              onInput={({ currentTarget }) => {
                key.value = currentTarget.value;
              }}
            />
            <p id="problem" class="bad" role="alert">
              {problem}
            </p>
          </div>
          <button type="submit" class="button primary">
            Sign in
          </button>
        </form>
      )}
    </main>
  );
}

const root = document.getElementById('app');
if (root) render(<App />, root);
