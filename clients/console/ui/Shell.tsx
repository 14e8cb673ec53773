import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import { Icon } from '../../look/Icon.js';
import { Mark } from '../../look/Mark.js';
import { isOperator, missing } from '../access.js';
import { target } from '../api.js';
import { who } from '../credential.js';
import { PAGES } from '../pages.js';
import { link } from '../route.js';
import { Find } from './Find.js';
import { Frame, ModeWord } from './Frame.js';
import { WorkspaceSwitch } from './WorkspaceSwitch.js';

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
  const head = (
    <>
      <Find />
      <div class="where">
        <WorkspaceSwitch />
        <ModePill />
      </div>
    </>
  );
  return (
    <Frame menu={<Menu />} head={head} isTest={isTest}>
      {children}
    </Frame>
  );
}
