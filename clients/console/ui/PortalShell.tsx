import type { ComponentChildren } from 'preact';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Mark } from '../../look/Mark.js';
import { signOut, who } from '../credential.js';
import { link } from '../route.js';
import { Ago } from './Ago.js';
import { ModeWord, ThemeButton } from './Shell.js';
import { Toast } from './toast.js';

/** What is on every page of the portal: whose webhooks these are, and how long the link works. */
export function PortalShell({ children }: { readonly children: ComponentChildren }) {
  const caller = who.value;
  const isTest = caller?.mode === Mode.TEST;
  return (
    <div class="shell portal">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class={isTest ? 'top is-test' : 'top'}>
        <a href={link('')} class="brand">
          <Mark /> Webhooks
        </a>
        <div class="where">
          {caller && <span class="soft">{caller.workspace}</span>}
          {caller && <ModeWord isTest={isTest} />}
          {caller?.readOnly && <span class="soft">read-only</span>}
        </div>
        {caller?.expiresAt && (
          <span class="soft until">
            The link works until <Ago at={caller.expiresAt} />
          </span>
        )}
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
