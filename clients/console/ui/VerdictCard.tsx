import {
  type DiagnoseRecipientResponse,
  type Evidence,
  Verdict,
} from '../../../gen/otp/admin/v1/recipient_service_pb.js';
import { Copy } from '../../look/Copy.js';
import { count } from '../format.js';
import { link } from '../route.js';
import { nameOf, type Tone } from '../words.js';
import { Ago } from './Ago.js';
import { Pill } from './Pill.js';

const GOOD = new Set<Verdict>([Verdict.VERIFIED]);
const OPEN = new Set<Verdict>([
  Verdict.UNCONFIRMED,
  Verdict.DELIVERED_NOT_ENTERED,
  Verdict.QUEUED_PROVIDER_DOWN,
  Verdict.VERIFIED_NOT_REDEEMED,
  Verdict.WRONG_CODE_ENTERED,
  Verdict.SUPERSEDED_CODE_LIKELY,
]);
const NEUTRAL = new Set<Verdict>([Verdict.NOT_ASKED, Verdict.CANCELED, Verdict.EXPIRED_BEFORE_ENTRY]);

const toneOf = (verdict: Verdict): Tone =>
  GOOD.has(verdict) ? 'ok' : OPEN.has(verdict) ? 'wait' : NEUTRAL.has(verdict) ? 'off' : 'bad';

/** Why a recipient has or has no code, what to reply, what shows it and what can be done. */
export const VerdictCard = ({ diagnosis }: { readonly diagnosis: DiagnoseRecipientResponse }) => {
  const { verdict, sentence, reply, freeAgainAt, evidence, suggestions } = diagnosis;
  return (
    <section class="card verdict" aria-label="Diagnosis">
      <Pill tone={toneOf(verdict)}>{nameOf(Verdict, verdict)}</Pill>
      <p class="sentence">{sentence}</p>
      {freeAgainAt && (
        <p>
          Free again <Ago at={freeAgainAt} as="ago" /> (<Ago at={freeAgainAt} as="clock" />
          ).
        </p>
      )}
      {reply && (
        <blockquote>
          <p>{reply}</p>
          <Copy text={reply} label="Copy the reply" />
        </blockquote>
      )}
      {suggestions.length > 0 && (
        <>
          <h2>What can be done</h2>
          <ul class="bullets">
            {suggestions.map(({ type, text, sessionId }) => (
              <li key={`${type} ${text}`}>
                {text} {sessionId && <a href={link(`/sessions/${sessionId}`)}>Open the session</a>}
              </li>
            ))}
          </ul>
        </>
      )}
      {evidence.length > 0 && (
        <details>
          <summary>Evidence ({count(evidence.length)})</summary>
          <ul class="evidence">
            {evidence.map((one) => (
              <EvidenceRow key={`${one.at?.seconds} ${one.text}`} one={one} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
};

function EvidenceRow({ one }: { readonly one: Evidence }) {
  const { subject } = one;
  const limit = subject.case === 'limit' ? subject.value : undefined;
  return (
    <li>
      <span class="soft">
        <Ago at={one.at} none="now" />
      </span>
      <span>
        {one.text}
        {subject.case === 'session' && (
          <>
            {' '}
            <a href={link(`/sessions/${subject.value.session?.id}`)}>Open</a>
          </>
        )}
        {limit && (
          <meter
            min={0}
            max={limit.max}
            value={limit.used}
            high={Math.max(0, limit.max - 1)}
            aria-label={`${limit.rule}: ${limit.used} of ${limit.max}`}
          />
        )}
      </span>
    </li>
  );
}
