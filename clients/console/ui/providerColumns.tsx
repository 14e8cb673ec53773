import { BreakerState, type Provider } from '../../../gen/otp/admin/v1/provider_service_pb.js';
import { count, duration, share } from '../format.js';
import type { Tone } from '../words.js';
import { Ago } from './Ago.js';
import { Pill } from './Pill.js';
import type { Column } from './Table.js';

const BREAKERS: Readonly<Partial<Record<BreakerState, readonly [Tone, string]>>> = {
  [BreakerState.CLOSED]: ['ok', 'Works'],
  [BreakerState.OPEN]: ['bad', 'Paused'],
  [BreakerState.HALF_OPEN]: ['wait', 'Probed'],
};

function State({ provider }: { readonly provider: Provider }) {
  const [tone, word] = BREAKERS[provider.breaker] ?? ['off', 'Unknown'];
  if (!provider.configured) return <Pill tone="off">Not configured</Pill>;
  return provider.attempts === 0n && tone === 'ok' ? (
    <Pill tone="off">Not used</Pill>
  ) : (
    <Pill tone={tone}>{word}</Pill>
  );
}

/** How one provider does on one channel. */
export const providerColumns: readonly Column<Provider>[] = [
  {
    head: 'Provider',
    width: '190px',
    cell: ({ name, position }) => (
      <>
        <b>{name}</b> <span class="soft">{position > 0 ? `${position}.` : 'not in the route'}</span>
      </>
    ),
  },
  { head: 'State', width: '128px', cell: (provider) => <State provider={provider} /> },
  {
    head: 'Accepted',
    width: '110px',
    isNumber: true,
    cell: ({ accepted, attempts }) => (attempts > 0n ? `${count(accepted)} of ${count(attempts)}` : '–'),
  },
  {
    head: 'Share',
    width: '80px',
    isWide: true,
    isNumber: true,
    cell: (provider) => (provider.accepted > 0n ? share(provider.share, 1) : '–'),
  },
  {
    head: 'Responds in',
    width: '110px',
    isWide: true,
    isNumber: true,
    cell: ({ responseTime }) => duration(responseTime),
  },
  {
    head: 'Queued',
    width: '130px',
    isWide: true,
    cell: ({ queued, oldestQueuedAt }) =>
      queued > 0n ? (
        <>
          {count(queued)}, oldest <Ago at={oldestQueuedAt} as="ago" />
        </>
      ) : (
        '–'
      ),
  },
  {
    head: 'Last failure',
    isWide: true,
    cell: ({ lastFailure: failure }) =>
      failure ? (
        <span title={failure.vendorText}>
          {failure.error} <span class="mono">{failure.vendorCode}</span> {failure.vendorText}{' '}
          <Ago at={failure.at} as="ago" />
        </span>
      ) : (
        '–'
      ),
  },
];
