import type { FunctionComponent } from 'preact';
import { Analytics } from './pages/Analytics.js';
import { Audit } from './pages/Audit.js';
import { Configuration } from './pages/Configuration.js';
import { Contacts } from './pages/Contacts.js';
import { Fraud } from './pages/Fraud.js';
import { Jobs } from './pages/Jobs.js';
import { Keys } from './pages/Keys.js';
import { Limits } from './pages/Limits.js';
import { Overview } from './pages/Overview.js';
import { Providers } from './pages/Providers.js';
import { Recipient } from './pages/Recipient.js';
import { Recipients } from './pages/Recipients.js';
import { Senders } from './pages/Senders.js';
import { Session } from './pages/Session.js';
import { Sessions } from './pages/Sessions.js';
import { Sponsor } from './pages/Sponsor.js';
import { Sponsors } from './pages/Sponsors.js';
import { Template } from './pages/Template.js';
import { Templates } from './pages/Templates.js';
import { Wallet } from './pages/Wallet.js';
import { Webhook } from './pages/Webhook.js';
import { Webhooks } from './pages/Webhooks.js';
import { Workspace } from './pages/Workspace.js';

/** The component of every path. */
export const ROUTES: readonly { readonly path: string; readonly component: FunctionComponent }[] = [
  { path: '/console', component: Overview },
  { path: '/console/sessions', component: Sessions },
  { path: '/console/sessions/:id', component: Session },
  { path: '/console/recipients', component: Recipients },
  { path: '/console/recipients/:fingerprint', component: Recipient },
  { path: '/console/analytics', component: Analytics },
  { path: '/console/fraud', component: Fraud },
  { path: '/console/limits', component: Limits },
  { path: '/console/audit', component: Audit },
  { path: '/console/providers', component: Providers },
  { path: '/console/templates', component: Templates },
  { path: '/console/templates/:key/:locale', component: Template },
  { path: '/console/senders', component: Senders },
  { path: '/console/webhooks', component: Webhooks },
  { path: '/console/webhooks/:id', component: Webhook },
  { path: '/console/keys', component: Keys },
  { path: '/console/sponsors', component: Sponsors },
  { path: '/console/sponsors/:slug', component: Sponsor },
  { path: '/console/contacts', component: Contacts },
  { path: '/console/wallet', component: Wallet },
  { path: '/console/jobs', component: Jobs },
  { path: '/console/workspace', component: Workspace },
  { path: '/console/configuration', component: Configuration },
];
