import type { FunctionComponent } from 'preact';
import { Audit } from './pages/Audit.js';
import { Recipient } from './pages/Recipient.js';
import { Recipients } from './pages/Recipients.js';
import { Session } from './pages/Session.js';
import { Sessions } from './pages/Sessions.js';

/** The component of every path. */
export const ROUTES: readonly { readonly path: string; readonly component: FunctionComponent }[] = [
  { path: '/console', component: Sessions },
  { path: '/console/sessions', component: Sessions },
  { path: '/console/sessions/:id', component: Session },
  { path: '/console/audit', component: Audit },
  { path: '/console/recipients', component: Recipients },
  { path: '/console/recipients/:fingerprint', component: Recipient },
];
