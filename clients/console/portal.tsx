import { render } from 'preact';
import { LocationProvider, Route, Router } from 'preact-iso';
import { Mark } from '../look/Mark.js';
import { Empty, Skeleton } from '../look/States.js';
import { keyOfLink, readWho, signIn, signOut, token, who } from './credential.js';
import { Webhook } from './pages/Webhook.js';
import { Webhooks } from './pages/Webhooks.js';
import { applyTheme } from './ui/Frame.js';
import { PortalShell } from './ui/PortalShell.js';

// First of all: the key leaves the address before anything is loaded or drawn.
const key = keyOfLink();
// Another link in the same tab: read from the beginning.
addEventListener('hashchange', () => location.hash.startsWith('#t=') && location.reload());
applyTheme();
// Nothing is left of the link before: one that does not work shows nothing.
if (key !== undefined) signOut();
const opening = key === undefined ? readWho() : signIn(key);
void opening.catch(() => {}).finally(() => render(<App />, root));

/** Why there is nothing to see, and what helps. */
function NoLink() {
  return (
    <main class="signin">
      <div class="signin-form">
        <p class="brand">
          <Mark /> Countersign
        </p>
        <h1>This link does not work any more</h1>
        <p class="soft">
          It has expired, was revoked, or was opened in another tab that has been closed. Ask the people who
          sent it for a new one.
        </p>
      </div>
    </main>
  );
}

function App() {
  if (!token.value) return <NoLink />;
  return (
    <LocationProvider scope="/portal">
      <PortalShell>
        {who.value ? (
          <Router>
            <Route path="/portal" component={Webhooks} />
            <Route path="/portal/webhooks" component={Webhooks} />
            <Route path="/portal/webhooks/:id" component={Webhook} />
            <Route
              default
              component={() => <Empty title="There is no such page">Go back to the endpoints.</Empty>}
            />
          </Router>
        ) : (
          <Skeleton />
        )}
      </PortalShell>
    </LocationProvider>
  );
}

const root = document.getElementById('app')!;
