import {
  type LedgerEntry,
  LedgerEntryType,
  WalletService,
} from '../../../gen/otp/admin/v1/wallet_service_pb.js';
import { Empty, Problem } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { dateOf, money } from '../format.js';
import { useLoaded } from '../loading.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Export } from '../ui/Export.js';
import { Figures } from '../ui/Facts.js';
import { Check, Text } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { type Column, Table } from '../ui/Table.js';
import { say } from '../ui/toast.js';
import { nameOf } from '../words.js';

const { method } = WalletService;
const micros = (text: string): bigint => BigInt(Math.round(Number(text || 0) * 1e6));
const amount = (value: bigint | undefined): string => String(Number(value ?? 0n) / 1e6);

/** What messages cost, and what they are paid from. */
export function Wallet() {
  const query = useQuery();
  const scope = query.get('workspace');
  const loaded = useLoaded(`wallet ${scope}`, async (signal) => {
    const { wallet } = await api.wallet.getWallet(inWorkspace(), { signal });
    return wallet;
  });
  const paged = usePaged<LedgerEntry>(`ledger ${scope}`, {
    idOf: ({ id }) => id,
    async load(pageToken, signal) {
      const page = await api.wallet.listLedgerEntries(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.entries, next: page.nextPageToken };
    },
  });
  const wallet = loaded.value;
  const currency = wallet?.currency ?? '';
  const again = () => {
    loaded.again();
    paged.again();
  };
  return (
    <Page
      name="Wallet"
      actions={
        <>
          <Action
            label="Settings…"
            method={method.updateWallet}
            title="Wallet and prices"
            submit="Save"
            onSubmit={async (values) => {
              await api.wallet.updateWallet({
                ...inWorkspace(),
                wallet: {
                  enabled: values.has('enabled'),
                  currency: values.text('currency').toUpperCase(),
                  prices: {
                    emailMicros: micros(values.text('email')),
                    smsMicros: micros(values.text('sms')),
                    whatsappMicros: micros(values.text('whatsapp')),
                  },
                },
                updateMask: { paths: ['enabled', 'currency', 'prices'] },
              });
              say('The wallet is changed.');
              again();
            }}
          >
            <Check
              label="Messages are paid from the wallet"
              hint="Without credit nothing is sent"
              name="enabled"
              checked={wallet?.enabled ?? false}
            />
            <Text label="Currency" name="currency" pattern="[A-Za-z]{3}" value={currency} placeholder="EUR" />
            <div class="columns">
              <Text
                label="An SMS"
                name="sms"
                type="number"
                min={0}
                step="any"
                value={amount(wallet?.prices?.smsMicros)}
              />
              <Text
                label="A WhatsApp message"
                name="whatsapp"
                type="number"
                min={0}
                step="any"
                value={amount(wallet?.prices?.whatsappMicros)}
              />
              <Text
                label="An e-mail"
                name="email"
                type="number"
                min={0}
                step="any"
                value={amount(wallet?.prices?.emailMicros)}
              />
            </div>
          </Action>
          <Action
            label="Add credit…"
            icon="plus"
            look="primary"
            method={method.creditWallet}
            title="Add credit"
            submit="Book the amount"
            onSubmit={async (values) => {
              await api.wallet.creditWallet({
                ...inWorkspace(),
                amountMicros: micros(values.text('amount')),
                reference: values.text('reference'),
                requestId: crypto.randomUUID(),
              });
              say('The amount is booked.');
              again();
            }}
          >
            <Text
              label={`Amount ${currency}`}
              name="amount"
              type="number"
              step="any"
              required
              hint="A negative amount corrects"
            />
            <Text
              label="Reference"
              name="reference"
              maxLength={128}
              hint="An invoice or payment, no personal data"
            />
          </Action>
        </>
      }
    >
      <Problem error={loaded.error} again={loaded.again} />
      <Figures
        label="Wallet"
        figures={[
          {
            word: 'Balance',
            value: wallet && money(wallet.balanceMicros, currency),
            note: wallet?.enabled ? 'messages are paid from it' : 'off: messages are not paid',
            tone: wallet?.enabled && wallet.balanceMicros <= 0n ? 'bad' : undefined,
          },
          { word: 'Pending', value: wallet && money(wallet.pendingMicros, currency), note: 'not yet booked' },
          { word: 'SMS', value: wallet && money(wallet.prices?.smsMicros ?? 0n, currency), note: 'each' },
          {
            word: 'WhatsApp',
            value: wallet && money(wallet.prices?.whatsappMicros ?? 0n, currency),
            note: 'each',
          },
          {
            word: 'E-mail',
            value: wallet && money(wallet.prices?.emailMicros ?? 0n, currency),
            note: 'each',
          },
        ]}
      />
      <Card title="Ledger" isFlush tools={<Export name="ledger" columns={ledgerColumns} load={paged.load} />}>
        <Table
          label="Ledger entries, newest first"
          columns={ledgerColumns}
          paged={paged}
          idOf={({ id }) => id}
          empty={<Empty title="No entries">Credit and what messages cost is written here.</Empty>}
        />
      </Card>
    </Page>
  );
}

/** What the entry added to the balance: below zero for a debit. */
const added = ({ amountMicros, currency }: LedgerEntry): string => money(amountMicros, currency);

const ledgerColumns: readonly Column<LedgerEntry>[] = [
  {
    head: 'Type',
    cell: ({ type }) => nameOf(LedgerEntryType, type),
    text: ({ type }) => nameOf(LedgerEntryType, type),
  },
  {
    head: 'Reference',
    isWide: true,
    isSoft: true,
    cell: ({ reference, sessionId }) =>
      sessionId ? (
        <a href={link(`/sessions/${sessionId}`)}>Session {sessionId.slice(0, 13)}…</a>
      ) : (
        reference || '–'
      ),
    text: ({ reference, sessionId }) => reference || sessionId,
  },
  { head: 'Amount', width: '130px', isNumber: true, cell: added, text: added },
  {
    head: 'Time',
    width: '130px',
    isNumber: true,
    isSoft: true,
    cell: ({ at }) => <Ago at={at} />,
    text: ({ at }) => dateOf(at)?.toISOString() ?? '',
  },
];
