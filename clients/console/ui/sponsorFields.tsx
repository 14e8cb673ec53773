import { Requirement, type Sponsor } from '../../../gen/otp/admin/v1/sponsor_service_pb.js';
import { Channel } from '../../../gen/otp/v1/session_pb.js';
import { CHANNELS, enumOf } from '../words.js';
import { Area, Check, Group, Text, type Values } from './Fields.js';

const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  optional: Requirement.OPTIONAL,
  required: Requirement.REQUIRED,
  forbidden: Requirement.FORBIDDEN,
};

/** A rule a line: `operation products requirement`. */
export const rulesAsText = (rules: Sponsor['rules']): string =>
  rules
    .map(({ operation, productTypes, requirement }) => {
      const word = Object.keys(REQUIREMENTS).find((name) => REQUIREMENTS[name] === requirement);
      return `${operation} ${productTypes.join(',') || '*'} ${word}`;
    })
    .join('\n');

function readRules(text: string) {
  return text
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => {
      const [operation = '', products = '*', word = ''] = line.trim().split(/\s+/);
      return {
        operation,
        productTypes: products === '*' ? [] : products.split(','),
        requirement: REQUIREMENTS[word.toLowerCase()] ?? Requirement.UNSPECIFIED,
      };
    });
}

export const readSponsor = (values: Values) => ({
  displayName: values.text('displayName'),
  channels: values.all('channel').map((text) => enumOf(Channel, text)),
  otpForbidden: values.has('otpForbidden'),
  rules: readRules(values.text('rules')),
  clients: values.lines('clients'),
});

export const SponsorFields = ({ sponsor }: { readonly sponsor?: Sponsor }) => (
  <>
    <Text label="Name" name="displayName" required maxLength={128} value={sponsor?.displayName} />
    <Group label="Channels, at least one">
      {CHANNELS.map(({ channel, word }) => (
        <Check
          key={channel}
          label={word}
          name="channel"
          value={String(channel)}
          checked={sponsor?.channels.includes(channel) ?? false}
        />
      ))}
    </Group>
    <Check
      label="Codes are forbidden altogether"
      name="otpForbidden"
      checked={sponsor?.otpForbidden ?? false}
    />
    <Area
      label="Rules"
      name="rules"
      value={rulesAsText(sponsor?.rules ?? [])}
      hint="One a line: operation, product types with commas or *, then required, optional or forbidden"
    />
    <Area
      label="Keys that may act for it"
      name="clients"
      rows={2}
      value={sponsor?.clients.join('\n') ?? ''}
      hint="Ids of API keys, one a line; none: all"
    />
  </>
);
