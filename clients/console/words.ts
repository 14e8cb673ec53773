import { Mode } from '../../gen/otp/admin/v1/api_key_service_pb.js';
import { DeliveryOutcome } from '../../gen/otp/admin/v1/session_service_pb.js';
import { Channel, DeliveryState, SessionStatus } from '../../gen/otp/v1/session_pb.js';

/** Colour families of tokens.css: a word is always beside them. */
export type Tone = 'ok' | 'wait' | 'part' | 'bad' | 'off';

type Enum = Readonly<Record<string, number>>;

interface Word {
  readonly word: string;
  readonly tone: Tone;
}

export const STATUSES: readonly (Word & { readonly status: SessionStatus })[] = [
  { status: SessionStatus.PENDING, word: 'Pending', tone: 'wait' },
  { status: SessionStatus.PARTIAL, word: 'Partial', tone: 'part' },
  { status: SessionStatus.APPROVED, word: 'Approved', tone: 'ok' },
  { status: SessionStatus.EXPIRED, word: 'Expired', tone: 'off' },
  { status: SessionStatus.LOCKED, word: 'Locked', tone: 'bad' },
  { status: SessionStatus.CANCELED, word: 'Cancelled', tone: 'off' },
];

export const CHANNELS: readonly { readonly channel: Channel; readonly word: string }[] = [
  { channel: Channel.SMS, word: 'SMS' },
  { channel: Channel.WHATSAPP, word: 'WhatsApp' },
  { channel: Channel.EMAIL, word: 'E-mail' },
];

const DELIVERIES: Partial<Record<DeliveryState, Word>> = {
  [DeliveryState.QUEUED]: { word: 'Queued', tone: 'wait' },
  [DeliveryState.ACCEPTED]: { word: 'Accepted', tone: 'off' },
  [DeliveryState.DELIVERED]: { word: 'Delivered', tone: 'ok' },
  [DeliveryState.FAILED]: { word: 'Failed', tone: 'bad' },
  [DeliveryState.NOT_SENT]: { word: 'Not sent', tone: 'off' },
  [DeliveryState.WAITING]: { word: 'Waiting', tone: 'wait' },
};

const OUTCOMES: Partial<Record<DeliveryOutcome, Word>> = {
  [DeliveryOutcome.ACCEPTED]: { word: 'accepted', tone: 'ok' },
  [DeliveryOutcome.RETRY]: { word: 'failed, tried again', tone: 'wait' },
  [DeliveryOutcome.REFUSED]: { word: 'refused', tone: 'bad' },
  [DeliveryOutcome.MISCONFIGURED]: { word: 'misconfigured', tone: 'bad' },
  [DeliveryOutcome.WRONG_RECIPIENT]: { word: 'no such recipient', tone: 'bad' },
  [DeliveryOutcome.RECIPIENT_UNAVAILABLE]: { word: 'recipient not reachable', tone: 'bad' },
  [DeliveryOutcome.OPTED_OUT]: { word: 'opted out', tone: 'bad' },
};

const NONE: Word = { word: '–', tone: 'off' };

export const statusOf = (status: SessionStatus): Word =>
  STATUSES.find((one) => one.status === status) ?? NONE;
export const channelOf = (channel: Channel): string =>
  CHANNELS.find((one) => one.channel === channel)?.word ?? '–';
export const deliveryOf = (state: DeliveryState): Word => DELIVERIES[state] ?? NONE;
export const outcomeOf = (outcome: DeliveryOutcome): Word => OUTCOMES[outcome] ?? NONE;
export const modeOf = (mode: Mode): string =>
  mode === Mode.TEST ? 'Test' : mode === Mode.LIVE ? 'Live' : '–';

/** `GUARD_RULE_PREFIX_VELOCITY`, `prefix-velocity` and `NumberType.TOLL_FREE` as words. */
export const plain = (name: string): string => {
  const text = name.toLowerCase().replaceAll(/[-_.]/g, ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** The name of an enum's value as words. */
export const nameOf = (values: Enum, value: number): string =>
  value === 0 ? '–' : plain(Object.keys(values).find((name) => values[name] === value) ?? String(value));

/** An enum's values but for the unset one, as options. */
export const optionsOf = (values: Enum): { value: number; word: string }[] =>
  Object.values(values)
    .filter((value) => value !== 0)
    .map((value) => ({ value, word: nameOf(values, value) }));

/** The value of an enum that a form or a URL has as a number; the unset one where there is none. */
export const enumOf = <T extends number>(values: Readonly<Record<string, T>>, text: string): T | 0 =>
  Object.values(values).find((value) => String(value) === text) ?? 0;
