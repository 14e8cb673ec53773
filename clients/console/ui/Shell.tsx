import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Mark } from '../../look/Mark.js';
import { isOperator, missing } from '../access.js';
import { target } from '../api.js';
import { signOut, who } from '../credential.js';
import { PAGES } from '../pages.js';
import { link } from '../route.js';
import { Find } from './Find.js';
import { Toast } from './toast.js';
import { WorkspaceSwitch } from './WorkspaceSwitch.js';

const THEME = 'countersign.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** The only thing that the console keeps in localStorage. */
export function applyTheme(): void {
  const theme = localStorage.getItem(THEME);
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
}

export function ThemeButton() {
  const theme = useSignal(document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light'));
  const other = theme.value === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="button quiet square"
      aria-label={other === 'light' ? 'Light colours' : 'Dark colours'}
      onClick={() => {
        theme.value = other;
        document.documentElement.dataset.theme = other;
        localStorage.setItem(THEME, other);
      }}
    >
      <Icon name={other === 'light' ? 'sun' : 'moon'} />
    </button>
  );
}

function Menu() {
  const { path } = useLocation();
  return (
    <nav class="menu" aria-label="Pages">
      <a href={link('')} class="brand">
        <Mark /> Countersign
      </a>
      <ul>
        {PAGES.map(({ name, path: to, icon, group, read }) => {
          const reason = missing(read);
          const isHere =
            to === '' ? path === '/console' || path === '/console/' : path.startsWith(`/console${to}`);
          return (
            <li key={to} class={group ? 'group' : undefined}>
              {group && <span class="caption">{group}</span>}
              <a href={link(to)} aria-current={isHere ? 'page' : undefined} title={reason}>
                <Icon name={icon} /> <span>{name}</span>
                {reason && (
                  <>
                    <Icon name="lock" />
                    <span class="hidden">, closed to your key</span>
                  </>
                )}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

/** The mode that is shown, as a word and in its colour. */
export const ModeWord = ({ isTest }: { readonly isTest: boolean }) => (
  <span class={isTest ? 'mode test' : 'mode'}>{isTest ? 'Test' : 'Live'}</span>
);

function ModePill() {
  const { url, path } = useLocation();
  const asked = target().mode || who.value?.mode;
  const isTest = asked === Mode.TEST;
  const pill = <ModeWord isTest={isTest} />;
  if (!isOperator()) return pill;
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  query.set('mode', isTest ? 'live' : 'test');
  return (
    <a href={`${path}?${query}`} title={isTest ? 'Show live mode' : 'Show test mode'} class="mode-link">
      {pill}
      <span class="hidden">, show {isTest ? 'live' : 'test'} mode</span>
    </a>
  );
}

/** What is on every page: where one can go, what to look up, who one is. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  // Read for the URL: links and the mode depend on it.
  useLocation();
  const isTest = (target().mode || who.value?.mode) === Mode.TEST;
  return (
    <div class="shell">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <Menu />
      <header class={isTest ? 'top is-test' : 'top'}>
        <Find />
        <div class="where">
          <WorkspaceSwitch />
          <ModePill />
        </div>
        <ThemeButton />
        <button type="button" class="button quiet square" aria-label="Sign out" onClick={signOut}>
          <Icon name="out" />
        </button>
      </header>
      <main id="content" class="content" tabIndex={-1}>
        {children}
      </main>
      <Toast />
    </div>
  );
}
