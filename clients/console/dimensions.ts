import { StatsDimension, type StatsRow } from '../../gen/otp/admin/v1/stats_service_pb.js';
import { channelOf } from './words.js';

interface Dimension {
  /** In the URL. */
  readonly value: string;
  readonly word: string;
  readonly dimension: StatsDimension;
  readonly of: (row: StatsRow) => string;
}

const NONE = 'none';

/** By what the numbers can be split. */
export const DIMENSIONS = [
  { value: 'country', word: 'Country', dimension: StatsDimension.COUNTRY, of: (row) => row.country || NONE },
  {
    value: 'channel',
    word: 'Channel',
    dimension: StatsDimension.CHANNEL,
    of: (row) => channelOf(row.channel),
  },
  {
    value: 'provider',
    word: 'Provider',
    dimension: StatsDimension.PROVIDER,
    of: (row) => row.provider || NONE,
  },
  { value: 'purpose', word: 'Purpose', dimension: StatsDimension.PURPOSE, of: (row) => row.purpose || NONE },
  { value: 'key', word: 'Key', dimension: StatsDimension.API_KEY, of: (row) => row.apiKeyId || NONE },
  { value: 'language', word: 'Language', dimension: StatsDimension.LOCALE, of: (row) => row.locale || NONE },
  {
    value: 'error',
    word: 'Delivery error',
    dimension: StatsDimension.DELIVERY_ERROR,
    of: (row) => row.deliveryError || NONE,
  },
  { value: 'refusal', word: 'Refusal', dimension: StatsDimension.REFUSAL, of: (row) => row.refusal || NONE },
] as const satisfies readonly Dimension[];

/** A row among those of the same split. */
export const idOfRow = (row: StatsRow): string => DIMENSIONS.map(({ of }) => of(row)).join(' ');
