import type { ComponentChildren } from 'preact';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { Mark } from '../../look/Mark.js';
import { who } from '../credential.js';
import { link } from '../route.js';
import { Ago } from './Ago.js';
import { Frame, ModeWord } from './Frame.js';

/** What is on every page of the portal: whose webhooks these are, and how long the link works. */
export function PortalShell({ children }: { readonly children: ComponentChildren }) {
  const caller = who.value;
  const isTest = caller?.mode === Mode.TEST;
  const head = (
    <>
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
    </>
  );
  return (
    <Frame head={head} isTest={isTest}>
      {children}
    </Frame>
  );
}
