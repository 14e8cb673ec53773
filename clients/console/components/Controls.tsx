import { AccessService } from '../../../gen/otp/admin/v1/access_service_pb.js';
import { Action } from '../ui/Action.js';
import { Export } from '../ui/Export.js';
import { Area, Check, Group, Picture, Select, Text } from '../ui/Fields.js';
import { Chips, Filters, NothingMatches, Pick, Typed } from '../ui/Filters.js';
import { Find } from '../ui/Find.js';
import { ModeWord } from '../ui/Frame.js';
import { LiveSwitch, RangePicker } from '../ui/Range.js';
import { Secret } from '../ui/Secret.js';
import { say } from '../ui/toast.js';
import { Example } from './Example.js';

const { whoAmI } = AccessService.method;
const OPTIONS = [
  { value: 'sms', word: 'SMS' },
  { value: 'email', word: 'E-mail' },
];

const refuse = async () => {
  throw new Error('the store does not respond');
};

const ended = async (): Promise<undefined> => {
  say('It has ended.');
};

/** What people type into, choose from and press. */
export const Controls = () => (
  <>
    <Example name="Action">
      <div class="actions">
        <Action
          label="Do it…"
          look="primary"
          method={whoAmI}
          title="Something that can be done"
          submit="Do it"
          onSubmit={async () => <p>It is done.</p>}
        >
          <p>What happens then.</p>
        </Action>
        <Action
          label="End it…"
          look="danger-quiet"
          method={whoAmI}
          title="Something that ends"
          submit="End it"
          confirm="tenant-7"
          onSubmit={ended}
        >
          <p>It cannot be undone.</p>
        </Action>
        <Action label="Fail…" method={whoAmI} submit="Try" onSubmit={refuse} />
      </div>
    </Example>
    <Example name="Fields">
      <form class="stack narrow" onSubmit={(event) => event.preventDefault()}>
        <Text label="Text" name="text" placeholder="Acme" hint="Whom messages are from" />
        <Text label="Number" name="number" type="number" min={0} max={10} value="3" />
        <Area label="Lines" name="lines" rows={3} value={'https://a.example\nhttps://b.example'} />
        <Select label="Choice" name="choice" value="sms" options={OPTIONS} />
        <Picture label="Picture" name="picture" hint="PNG or WebP" />
        <Group label="Channels">
          <Check label="SMS" name="one" checked hint="Costs money" />
          <Check label="E-mail" name="two" />
        </Group>
      </form>
    </Example>
    <Example name="Filters">
      <Filters>
        <Chips label="Status" name="chip" options={OPTIONS} />
        <Pick label="Channel" name="pick" options={OPTIONS} />
        <Typed label="Purpose" name="typed" />
      </Filters>
      <NothingMatches names={['chip', 'pick', 'typed']} />
    </Example>
    <Example name="Range">
      <div class="actions">
        <LiveSwitch />
        <RangePicker />
      </div>
    </Example>
    <Example name="Find">
      <Find />
    </Example>
    <Example name="Export">
      <Export<string>
        name="words"
        columns={[{ head: 'Word', cell: (word) => word, text: (word) => word }]}
        load={async () => ({ items: ['=one', 'two'], next: '' })}
      />
    </Example>
    <Example name="Secret">
      <Secret name="the key" secret="sk_otp_live_shown-once" />
    </Example>
    <Example name="Frame">
      <p>
        <ModeWord isTest={false} /> <ModeWord isTest />
      </p>
    </Example>
  </>
);
