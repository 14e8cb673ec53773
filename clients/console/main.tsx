import { render } from 'preact';
import { LocationProvider, Route, Router } from 'preact-iso';
import { Empty, Forbidden, Skeleton } from '../look/States.js';
import { missing } from './access.js';
import { readWho, token, who } from './credential.js';
import { PAGES } from './pages.js';
import { ROUTES } from './routes.js';
import { applyTheme } from './ui/Frame.js';
import { Shell } from './ui/Shell.js';
import { SignIn } from './ui/SignIn.js';

applyTheme();
void readWho().catch(() => {});

/** A page, or why the caller's key may not read it. */
const guarded = ROUTES.map(({ path, component: Component }) => {
  const page = PAGES.find((one) => one.path === `/${path.split('/')[2] ?? ''}`.replace(/\/$/, ''));
  return {
    path,
    component: () => {
      const reason = page && missing(page.read);
      return reason ? <Forbidden reason={reason} /> : <Component />;
    },
  };
});

function App() {
  if (!token.value && !who.value) return <SignIn />;
  return (
    <LocationProvider scope="/console">
      <Shell>
        {who.value ? (
          <Router>
            {guarded.map(({ path, component }) => (
              <Route key={path} path={path} component={component} />
            ))}
            <Route
              default
              component={() => <Empty title="There is no such page">Choose one from the menu.</Empty>}
            />
          </Router>
        ) : (
          <Skeleton />
        )}
      </Shell>
      {!token.value && <SignIn isOver />}
    </LocationProvider>
  );
}

const root = document.getElementById('app');
if (root) render(<App />, root);
