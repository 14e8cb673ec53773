import { durationFromMs, durationMs } from '@bufbuild/protobuf/wkt';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Channel } from '../../gen/otp/v1/session_pb.js';
import { inbox } from './api.js';
import { Dialog } from './Dialog.js';
import { chaos, guarded, loadChaos, problem } from './state.js';
import { CHANNELS, channelWord } from './words.js';

/** Codes of refusals that are worth trying, by channel; '' is a temporary failure. */
const CODES: Readonly<Record<'phone' | 'email', readonly (readonly [code: string, word: string])[]>> = {
  phone: [
    ['', 'a temporary failure'],
    ['21408', '21408, no permission for the region'],
    ['21610', '21610, the person has opted out'],
    ['30003', '30003, the phone cannot be reached'],
    ['30007', '30007, filtered by a network'],
  ],
  email: [
    ['', 'a temporary failure'],
    ['421', '421, not now'],
    ['450', '450, greylisted'],
    ['550', '550, no such mailbox'],
    ['552', '552, the mailbox is full'],
  ],
};

/** Which faults are simulated, one line for each channel. */
export function ChaosDialog({ close }: { readonly close: () => void }) {
  const isSaving = useSignal(false);
  useEffect(() => void loadChaos(), []);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const numberOf = (name: string) => Number(given.get(name) || 0);
    isSaving.value = true;
    const channels = CHANNELS.map((channel) => ({
      channel,
      refusePercent: numberOf(`${channel}.refuse`),
      vendorCode: String(given.get(`${channel}.code`) ?? ''),
      dropPercent: numberOf(`${channel}.drop`),
      delayPercent: numberOf(`${channel}.delay`),
      delay: durationFromMs(numberOf(`${channel}.seconds`) * 1000),
    }));
    const changed = await guarded(() => inbox.updateChaos({ chaos: { channels } }));
    isSaving.value = false;
    if (!changed) return;
    chaos.value = changed.chaos;
    close();
  };
  return (
    <Dialog title="Simulated faults" close={close}>
      <p class="soft">
        In every workspace and process of this service, until they are changed or the service starts again.
      </p>
      {chaos.value && (
        <form onSubmit={save}>
          {CHANNELS.map((channel) => (
            <Faults key={channel} channel={channel} />
          ))}
          {problem.value && (
            <p class="bad" role="alert">
              {problem.value.rawMessage}
            </p>
          )}
          <div class="dialog-buttons">
            <button type="button" class="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="button primary" aria-disabled={isSaving.value}>
              Simulate
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function Faults({ channel }: { readonly channel: (typeof CHANNELS)[number] }) {
  const current = chaos.value?.channels.find((one) => one.channel === channel);
  const seconds = current?.delay ? durationMs(current.delay) / 1000 : 5;
  const codes = CODES[channel === Channel.EMAIL ? 'email' : 'phone'];
  const percent = (name: string, word: string, value = 0) => (
    <label class="field">
      <span>{word}, %</span>
      <input class="input" type="number" min={0} max={100} name={`${channel}.${name}`} defaultValue={value} />
    </label>
  );
  return (
    <fieldset class="faults">
      <legend>{channelWord(channel)}</legend>
      <div class="columns">
        {percent('refuse', 'Refused', current?.refusePercent)}
        <label class="field">
          <span>With</span>
          <select class="input" name={`${channel}.code`} defaultValue={current?.vendorCode ?? ''}>
            {codes.map(([code, word]) => (
              <option key={code} value={code}>
                {word}
              </option>
            ))}
          </select>
        </label>
        {percent('drop', 'Lost', current?.dropPercent)}
        {percent('delay', 'Late', current?.delayPercent)}
        <label class="field">
          <span>By, seconds</span>
          <input
            class="input"
            type="number"
            min={0}
            max={60}
            name={`${channel}.seconds`}
            defaultValue={seconds}
          />
        </label>
      </div>
    </fieldset>
  );
}
