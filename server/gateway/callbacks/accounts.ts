import type { Account, Accounts } from '../../delivery/accounts/accounts.js';
import type { TakeReports } from '../../delivery/reports.js';
import { callbackPath } from '../../delivery/vendors/receipts.js';
import type { Vendor } from '../../delivery/vendors/vendor.js';
import { invalid } from '../../errors.js';
import type { FairPool } from '../../fairness/fairPool.js';
import type { HttpRequest } from '../../http/message.js';
import type { PrefixRoute } from '../../http/router.js';
import { splitLast } from '../../store/documentId.js';
import { shakeHands, takeReceipt, unsigned } from './receipt.js';

interface Deps {
  readonly vendors: readonly Pick<Vendor, 'receipts'>[];
  readonly accounts: Pick<Accounts, 'of'>;
  readonly publicUrl: string | undefined;
  readonly take: TakeReports;
  /** Where receipts are stored: workspaces in rotation, because each signs its own. */
  readonly pool: FairPool;
}

/** More reports than any vendor sends at once. */
const MOST_REPORTS = 1_000;

/**
 * `/callbacks/<vendor>/<workspace>/<account>`: delivery receipts of a workspace's
 * own account, verified with that account's secret. They report on messages of
 * that account alone, also where they name others. An unknown account and a wrong
 * signature have the same response.
 */
export function accountCallbackRoutes({
  vendors,
  accounts,
  publicUrl = '',
  take,
  pool,
}: Deps): PrefixRoute[] {
  return vendors.flatMap(({ receipts }) => {
    if (!receipts) return [];
    const prefix = `${callbackPath(receipts.path)}/`;
    const find = (req: HttpRequest) =>
      findAccount(accounts, (req.url ?? '').slice(prefix.length), receipts.path);
    const post: PrefixRoute = {
      prefix,
      methods: ['POST'],
      async handle(req, res) {
        const found = await find(req);
        if (!found?.receipts) throw unsigned(res);
        const { name, provider, receipts: endpoint } = found;
        const key = provider.account?.key ?? name;
        const account = { name, key };
        // What cannot be read is not signed either: other responses would say which accounts there are.
        await takeReceipt({ req, res, endpoint, publicUrl, isHidden: true }, async (reports) => {
          if (reports.length > MOST_REPORTS)
            throw invalid('body', `must hold at most ${MOST_REPORTS} reports`);
          const slot = pool.enter({ workspace: splitLast(key)[0], client: name });
          try {
            await slot.run(() => take(reports.map((report) => ({ ...report, account }))));
          } finally {
            slot.leave();
          }
        });
      },
    };
    const get: PrefixRoute = {
      prefix,
      methods: ['GET'],
      async handle(req, res) {
        const endpoint = (await find(req))?.receipts;
        if (!endpoint?.shakeHands) throw unsigned(res);
        shakeHands(req, res, endpoint.shakeHands);
      },
    };
    return receipts.handshake === undefined ? [post] : [post, get];
  });
}

/** The account that a path names behind the vendor's own: workspace/account, as names are written. */
async function findAccount(
  accounts: Pick<Accounts, 'of'>,
  rest: string,
  path: string,
): Promise<Account | undefined> {
  const [, workspace, name] = /^([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})(?:\?|$)/.exec(rest) ?? [];
  if (workspace === undefined) return undefined;
  const found = (await accounts.of(workspace)).find((account) => account.name === name);
  return found?.receipts?.path === path ? found : undefined;
}
