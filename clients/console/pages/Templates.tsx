import { useLocation } from 'preact-iso';
import { type Template, TemplateService } from '../../../gen/otp/admin/v1/template_service_pb.js';
import { Empty } from '../../look/States.js';
import { api, inWorkspace } from '../api.js';
import { usePaged } from '../paging.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Select, Text } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { type Column, Table } from '../ui/Table.js';

export const TEMPLATE_KEYS = [
  { value: 'otp-sms', word: 'SMS' },
  { value: 'otp-whatsapp', word: 'WhatsApp' },
  { value: 'otp-email', word: 'E-mail' },
  { value: 'otp-sms-transaction', word: 'SMS, transaction' },
  { value: 'otp-whatsapp-transaction', word: 'WhatsApp, transaction' },
  { value: 'otp-email-transaction', word: 'E-mail, transaction' },
] as const;

const columns: readonly Column<Template>[] = [
  {
    head: 'Message',
    width: '140px',
    cell: ({ key }) => TEMPLATE_KEYS.find(({ value }) => value === key)?.word ?? key,
  },
  { head: 'Language', width: '110px', cell: ({ locale }) => locale },
  { head: 'Text', isSoft: true, cell: ({ subject, text }) => [subject, text].filter(Boolean).join(' · ') },
  {
    head: 'Changed',
    width: '130px',
    isWide: true,
    isSoft: true,
    cell: ({ updatedAt }) => <Ago at={updatedAt} />,
  },
];

/** Words of messages that the workspace changed; every other one is built in. */
export function Templates() {
  const query = useQuery();
  const { route } = useLocation();
  const paged = usePaged<Template>(`templates ${query.get('workspace')}`, {
    idOf,
    async load(pageToken, signal) {
      const page = await api.templates.listTemplates(
        { ...inWorkspace(), pageSize: 100, pageToken },
        signal ? { signal } : {},
      );
      return { items: page.templates, next: page.nextPageToken };
    },
  });
  return (
    <Page
      name="Templates"
      actions={
        <Action
          label="Write a template…"
          icon="plus"
          look="primary"
          method={TemplateService.method.createTemplate}
          title="Which message?"
          submit="Write it"
          onSubmit={async (values) => {
            route(link(`/templates/${values.text('key')}/${values.text('locale')}`));
          }}
        >
          <Select label="Message" name="key" options={TEMPLATE_KEYS} />
          <Text
            label="Language"
            name="locale"
            required
            value="en"
            pattern="[A-Za-z]{2,3}([\-_][A-Za-z0-9]{2,8})*"
            hint="A language tag: en, es, pt-BR"
          />
        </Action>
      }
    >
      <Card isFlush>
        <Table
          label="Templates of the workspace"
          columns={columns}
          paged={paged}
          idOf={idOf}
          href={({ key, locale }) => link(`/templates/${key}/${locale}`)}
          empty={
            <Empty title="Every message has the built-in words">
              Write a template to change a message in one language.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}

const idOf = ({ key, locale }: Template): string => `${key} ${locale}`;
