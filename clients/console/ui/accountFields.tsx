import { useSignal } from '@preact/signals';
import type {
  Provider,
  ProviderAccount,
  ProviderSetting,
} from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { Check, NAME, Select, Text, type Values } from './Fields.js';

interface Props {
  readonly providers: readonly Provider[];
  /** Absent: a new one. */
  readonly account?: ProviderAccount;
}

/** The fields of an account: its name and kind where it is new, and what the kind needs. */
export function AccountFields({ providers, account }: Props) {
  const kinds = new Map(
    providers.filter(({ settings }) => settings.length > 0).map((one) => [one.kind, one.settings]),
  );
  const kind = useSignal(account?.kind ?? [...kinds.keys()][0] ?? '');
  return (
    <div
      class="fields"
      onChange={({ target }) => {
        if (target instanceof HTMLSelectElement && target.name === 'kind') kind.value = target.value;
      }}
    >
      {!account && (
        <>
          <Text
            label="Name"
            name="name"
            required
            {...NAME}
            hint="As routes name it: lower-case letters, digits and hyphens"
          />
          <Select
            label="Vendor"
            name="kind"
            value={kind.value}
            options={[...kinds.keys()].map((value) => ({ value, word: value }))}
          />
        </>
      )}
      <Text label="For" name="displayName" maxLength={128} value={account?.displayName} />
      {kinds.get(kind.value)?.map((setting) => (
        <SettingField key={`${kind.value} ${setting.name}`} setting={setting} account={account} />
      ))}
      <Check
        label="Off: no messages are sent through it"
        name="disabled"
        checked={account?.disabled ?? false}
      />
    </div>
  );
}

const SETTING = 'setting ';
const SECRET = 'secret ';

interface SettingProps {
  readonly setting: ProviderSetting;
  readonly account: ProviderAccount | undefined;
}

function SettingField({ setting, account }: SettingProps) {
  const { name, required, secret, description } = setting;
  const isSet = account?.secretNames.includes(name) ?? false;
  return (
    <Text
      label={name}
      name={(secret ? SECRET : SETTING) + name}
      type={secret ? 'password' : 'text'}
      required={required && !isSet}
      maxLength={secret ? 8192 : 2048}
      value={secret ? '' : account?.settings[name]}
      hint={isSet ? `${description} It is set; empty: it stays.` : description}
    />
  );
}

/** What the fields hold; of a secret that is left empty nothing. */
export function readAccount(values: Values, before?: ProviderAccount) {
  const named = (prefix: string) =>
    Object.fromEntries(
      values
        .names()
        .filter((name) => name.startsWith(prefix))
        .map((name) => [name.slice(prefix.length), values.text(name)]),
    );
  const given = (texts: Record<string, string>) =>
    Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
  return {
    name: values.text('name'),
    kind: before?.kind ?? values.text('kind'),
    displayName: values.text('displayName'),
    settings: given({ ...before?.settings, ...named(SETTING) }),
    secrets: given(named(SECRET)),
    disabled: values.has('disabled'),
  };
}
