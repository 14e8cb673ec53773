import type { Inputs } from './flags.js';
import { commandName, type Group } from './groups.js';

/** Examples by method: those that say more than the arguments do. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  CreateWorkspace: ['countersign workspaces create shop --brand "The Shop" --locale es'],
  UpdateWorkspace: ['countersign workspaces update shop --allowed-origins https://shop.example.com'],
  CreateApiKey: [
    'countersign keys create --display-name backend --scopes otp.send,otp.verify --expires-at 90d > key',
  ],
  UpdateApiKey: [
    'countersign keys update KEY --scopes otp.send',
    'countersign keys update KEY --clear expires-at',
  ],
  UpdateLimit: ['countersign limits update RULE --max 5 --window 1h'],
  CreateSender: ['countersign senders create SHOP --channel sms --is-default'],
  CreateTemplate: ['countersign templates create otp-sms --locale es --text @sms.txt'],
  UpdateTemplate: ['countersign templates update otp-sms --locale es --text @sms.txt'],
  PreviewTemplate: ['countersign templates preview otp-sms --locale es --text @sms.txt'],
  CreateVerificationPage: [
    'countersign pages create --recipients-email you@example.com --return-url https://shop.example.com/verified',
  ],
  CreateWebhookEndpoint: [
    'countersign webhooks create --url https://shop.example.com/hooks --event-types session.approved > secret',
  ],
  UpdateWebhookEndpoint: ['countersign webhooks update ENDPOINT --disabled'],
  ReplayWebhookEvents: ['countersign webhooks replay ENDPOINT --since=-1h'],
  TriggerEvent: ['countersign webhooks trigger --event-type session.approved'],
  CreateSponsor: ['countersign sponsors create acme --display-name Acme --channels sms,email'],
  CreateBeneficiary: ['countersign beneficiaries create acme 4711 --phone +573001234542'],
  CreditWallet: ['countersign wallet credit --amount-micros 5000000 --reference invoice-1'],
  CreateProviderAccount: [
    'countersign accounts create our-vonage --kind vonage --settings api_key=a1b2c3d4,from=Acme --secrets-file secrets.txt',
  ],
  UpdateProviderAccount: [
    'countersign accounts update our-vonage --secrets-file secrets.txt',
    'countersign accounts update our-vonage --disabled',
  ],
  UpdateGuard: ['countersign guard update --country-allow CO,MX', 'countersign guard update --clear veto'],
  CheckRecipient: ['countersign guard check-recipient +573001234542'],
  ListPrefixes: ['countersign guard list-prefixes --state refused'],
  SimulateGuard: ['countersign guard simulate --country-allow CO,MX --from=-7d'],
  ImportBeneficiaries: ['countersign beneficiaries import acme --beneficiaries @people.json --dry-run'],
  GetStats: [
    'countersign stats get --from=-7d --group-by day',
    'countersign stats get --workspace=- --group-by workspace,purpose',
  ],
};

/** At least one example of a command; where there is none of its own, its arguments in capitals. */
export function examplesOf(group: Group, method: string, { args }: Inputs): readonly string[] {
  const words = args.map(({ label }) => label.slice(1, -1).toUpperCase());
  return EXAMPLES[method] ?? [['countersign', group.name, commandName(group, method), ...words].join(' ')];
}
