import {
  ConfigurationAction,
  type ConfigurationChange,
} from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import { Empty } from '../../look/States.js';
import { nameOf, plain, type Tone } from '../words.js';
import { Pill } from './Pill.js';

const TONES: Readonly<Partial<Record<ConfigurationAction, Tone>>> = {
  [ConfigurationAction.CREATE]: 'ok',
  [ConfigurationAction.UPDATE]: 'wait',
  [ConfigurationAction.DELETE]: 'bad',
};

/** Changes of a configuration, field by field. */
export const ChangeList = ({ changes }: { readonly changes: readonly ConfigurationChange[] }) =>
  changes.length === 0 ? (
    <Empty title="Nothing to change">The configuration is what the document says.</Empty>
  ) : (
    <ul class="changes">
      {changes.map((change) => (
        <Change key={`${change.workspace} ${change.resource}`} change={change} />
      ))}
    </ul>
  );

const Change = ({ change }: { readonly change: ConfigurationChange }) => (
  <li>
    <Pill tone={TONES[change.action] ?? 'off'}>{nameOf(ConfigurationAction, change.action)}</Pill>{' '}
    <b class="mono">{change.resource}</b> <span class="soft">{change.workspace}</span>
    {change.error && <p class="bad">Failed: {plain(change.error)}</p>}
    {change.applied && <span class="ok"> made</span>}
    {change.fields.length > 0 && (
      <dl>
        {change.fields.map(({ path, before, after }) => (
          <div key={path}>
            <dt class="mono">{path}</dt>
            <dd class="mono">
              <del>{before || 'not set'}</del> → <ins>{after || 'not set'}</ins>
            </dd>
          </div>
        ))}
      </dl>
    )}
  </li>
);
