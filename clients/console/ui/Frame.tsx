import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon } from '../../look/Icon.js';
import { signOut } from '../credential.js';
import { Toast } from './toast.js';

const THEME = 'countersign.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** The only thing that the console keeps in localStorage. */
export function applyTheme(): void {
  const theme = localStorage.getItem(THEME);
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
}

function ThemeButton() {
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

/** The mode that is shown, as a word and in its colour. */
export const ModeWord = ({ isTest }: { readonly isTest: boolean }) => (
  <span class={isTest ? 'mode test' : 'mode'}>{isTest ? 'Test' : 'Live'}</span>
);

interface Props {
  /** Beside the pages, where there are several. */
  readonly menu?: ComponentChildren;
  /** What the head shows before the buttons of every page. */
  readonly head: ComponentChildren;
  readonly isTest: boolean;
  readonly children: ComponentChildren;
}

/** The frame of every page: menu, head, content and messages. */
export const Frame = ({ menu, head, isTest, children }: Props) => (
  <div class={menu ? 'shell' : 'shell portal'}>
    <a class="skip" href="#content">
      Skip to content
    </a>
    {menu}
    <header class={isTest ? 'top is-test' : 'top'}>
      {head}
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
