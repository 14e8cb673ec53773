import {
  ReturnMode,
  type VerificationPageService,
} from '../../../gen/otp/v1/verification_page_service_pb.js';
import type { Workspaces } from '../../admin/workspaces/workspaces.js';
import type { Handler } from '../../call/call.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../../platform/clock.js';
import type { StoredSession } from '../../session/stored.js';
import type { Collection } from '../../store/documents.js';
import { lookUp } from '../lookUp.js';
import { sessionToProto } from '../toProto/sessionToProto.js';
import type { Pages } from './pages.js';

export interface GetPageDeps {
  readonly pages: Pick<Pages, 'find'>;
  readonly sessions: Collection<StoredSession>;
  readonly workspaces: Workspaces;
  /** Where the service is reached. */
  readonly baseUrl: () => string | undefined;
  readonly clock: Clock;
}

/** Reads what a page shows. SESSION_NOT_FOUND alike for one that is unknown, has ended, or is of another session. */
export function createGetVerificationPage({
  pages,
  sessions,
  workspaces,
  baseUrl,
  clock,
}: GetPageDeps): Handler<typeof VerificationPageService.method.getVerificationPage> {
  return async (call, { ref }) => {
    const page = await pages.find(ref);
    if (!page || page.workspace !== call.principal.workspace) throw new Failure('SESSION_NOT_FOUND');
    const session = await lookUp(sessions, call, page.sessionId);
    const workspace = await workspaces.get(page.workspace);
    return {
      brand: workspace.brand,
      brandColor: workspace.brandColor ?? '',
      logoUrl: workspace.logoHash ? `${baseUrl() ?? ''}/logos/${workspace.logoHash}` : '',
      supportUrl: workspace.supportUrl ?? '',
      uiLocale: page.uiLocale ?? '',
      session: sessionToProto(session, clock.now(), call.principal.sessionId === undefined),
      returnMode: ReturnMode[page.returnMode],
      returnUrl: page.returnUrl ?? '',
      state: page.state,
      embedOrigins: [...page.embedOrigins],
      allowRecipientChange: page.allowRecipientChange ?? false,
      showHost: !workspace.hideHost,
    };
  };
}
