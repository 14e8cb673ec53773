import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import {
  type PreviewTemplateResponse,
  SmsEncoding,
  type Template as TemplateMessage,
  type TemplateSchema,
  TemplateService,
} from '../../../gen/otp/admin/v1/template_service_pb.js';
import { Problem, Skeleton } from '../../look/States.js';
import { Tabs } from '../../look/Tabs.js';
import { missing } from '../access.js';
import { api, inWorkspace } from '../api.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { link, useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Area, Text, valuesOfForm } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { say } from '../ui/toast.js';
import { TEMPLATE_KEYS } from './Templates.js';

const { method } = TemplateService;
const PLACES = ['{{ code }}', '{{ brand }}', '{{ minutes }}'];
const TRANSACTION_PLACES = ['{{ amount }}', '{{ currency }}', '{{ payee }}', '{{ account }}'];

/** A template beside its preview. */
export function Template() {
  const { key = '', locale = '' } = useRoute().params;
  const query = useQuery();
  const loaded = useLoaded(`template ${key} ${locale} ${query.get('workspace')}`, async (signal) => {
    try {
      const { template } = await api.templates.getTemplate({ ...inWorkspace(), key, locale }, { signal });
      return { template, exists: true };
    } catch (thrown) {
      if (ConnectError.from(thrown).code !== Code.NotFound) throw thrown;
      return { template: undefined, exists: false };
    }
  });
  const word = TEMPLATE_KEYS.find(({ value }) => value === key)?.word ?? key;
  return (
    <Page
      name={`${word}, ${locale}`}
      back={{ href: link('/templates'), word: 'Templates' }}
      actions={loaded.value?.exists && <Delete templateKey={key} locale={locale} />}
    >
      <Problem error={loaded.error} again={loaded.again} />
      {loaded.value ? (
        <Editor templateKey={key} locale={locale} stored={loaded.value.template} again={loaded.again} />
      ) : (
        !loaded.error && <Skeleton rows={8} />
      )}
    </Page>
  );
}

/** What is previewed: words that are being written, or none for the built-in ones. */
type AskedTemplate = MessageInitShape<typeof TemplateSchema>;

interface EditorProps {
  readonly templateKey: string;
  readonly locale: string;
  readonly stored: TemplateMessage | undefined;
  readonly again: () => void;
}

function Editor({ templateKey: key, locale, stored, again }: EditorProps) {
  const form = useRef<HTMLFormElement>(null);
  const preview = useSignal<PreviewTemplateResponse | undefined>(undefined);
  const error = useSignal<ConnectError | undefined>(undefined);
  const isMail = key.startsWith('otp-email');
  const places = key.endsWith('-transaction') ? [...PLACES, ...TRANSACTION_PLACES] : PLACES;
  const reason = missing(stored ? method.updateTemplate : method.createTemplate);
  const read = () => {
    const values = form.current && valuesOfForm(form.current);
    return {
      key,
      locale,
      text: values?.text('text') ?? '',
      ...(isMail && { subject: values?.text('subject') ?? '', html: values?.text('html') ?? '' }),
    };
  };
  /** Without words of its own the built-in message is shown. */
  const asked = () => {
    const template = read();
    return template.text ? template : { key, locale };
  };
  const look = async () => {
    try {
      preview.value = await api.templates.previewTemplate({ ...inWorkspace(), template: asked() });
      error.value = undefined;
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    }
  };
  useEffect(() => void look(), []);
  const save = async () => {
    const template = read();
    try {
      if (stored) {
        const paths = isMail ? ['subject', 'text', 'html'] : ['text'];
        await api.templates.updateTemplate({ ...inWorkspace(), template, updateMask: { paths } });
      } else await api.templates.createTemplate({ ...inWorkspace(), template });
      say('The template is saved; messages have these words from now on.');
      again();
    } catch (thrown) {
      error.value = ConnectError.from(thrown);
    }
  };
  return (
    <div class="split half">
      <Card title="Words">
        <form
          class="stack"
          ref={form}
          onInput={() => void look()}
          onSubmit={(event) => {
            event.preventDefault();
            if (!reason) void save();
          }}
        >
          {isMail && <Text label="Subject" name="subject" maxLength={256} value={stored?.subject} />}
          <Area label="Text" name="text" rows={isMail ? 8 : 6} required value={stored?.text ?? ''} />
          {isMail && <Area label="HTML" name="html" rows={12} value={stored?.html ?? ''} />}
          <p class="soft">
            Places:{' '}
            {places.map((place) => (
              <code key={place}>{place} </code>
            ))}
          </p>
          <Problem error={error.value} />
          <button
            type="submit"
            class="button primary fit"
            aria-disabled={reason !== undefined}
            title={reason}
          >
            Save
          </button>
        </form>
      </Card>
      <Card title={preview.value?.builtIn ? 'Preview of the built-in words' : 'Preview'}>
        {preview.value ? (
          <Preview preview={preview.value} asked={asked} isMail={isMail} />
        ) : (
          <Skeleton rows={3} />
        )}
      </Card>
    </div>
  );
}

function Preview({
  preview,
  asked,
  isMail,
}: {
  readonly preview: PreviewTemplateResponse;
  readonly asked: () => AskedTemplate;
  readonly isMail: boolean;
}) {
  const { subject, text, html, smsEncoding, smsSegments } = preview;
  if (isMail)
    return (
      <div class="mail">
        <p class="mail-subject">{subject}</p>
        <Tabs
          label="The e-mail as"
          tabs={[
            { name: 'Text', body: () => <pre class="message">{text}</pre> },
            {
              name: 'As shown',
              body: () => (html ? <Shown asked={asked} html={html} /> : 'No HTML part.'),
            },
            { name: 'HTML', body: () => <pre class="message mono">{html || 'No HTML part.'}</pre> },
          ]}
        />
      </div>
    );
  const isUcs2 = smsEncoding === SmsEncoding.UCS2;
  return (
    <>
      <div class="phone">
        <p class="bubble">{text}</p>
      </div>
      {smsSegments > 0 && (
        <p class={isUcs2 || smsSegments > 1 ? 'wait' : 'soft'} role="status">
          {isUcs2 ? 'UCS-2: a character outside GSM-7 leaves 70 characters a segment' : 'GSM-7'} ·{' '}
          {count(smsSegments)} {smsSegments === 1 ? 'segment' : 'segments, each is paid'}
        </p>
      )}
    </>
  );
}

function Delete({ templateKey: key, locale }: { readonly templateKey: string; readonly locale: string }) {
  const { route } = useLocation();
  return (
    <Action
      label="Use the built-in words…"
      look="danger-quiet"
      method={method.deleteTemplate}
      title="Delete this template"
      submit="Delete the template"
      confirm={locale}
      onSubmit={async () => {
        await api.templates.deleteTemplate({ ...inWorkspace(), key, locale });
        say('The template is deleted.');
        route(link('/templates'));
      }}
    >
      <p>Messages have the built-in words again. This cannot be undone.</p>
    </Action>
  );
}

/** The e-mail in a frame. Its path works once, so each frame has its own. */
function Shown({ asked, html }: { readonly asked: () => AskedTemplate; readonly html: string }) {
  const path = useSignal('');
  useEffect(() => {
    const leaving = new AbortController();
    api.templates
      .previewTemplate(
        { ...inWorkspace(), template: asked(), withHtmlPath: true },
        { signal: leaving.signal },
      )
      .then(({ htmlPath }) => {
        path.value = htmlPath;
      })
      .catch(() => {});
    return () => leaving.abort();
  }, [html]);
  if (!path.value) return <Skeleton rows={3} />;
  return (
    <iframe key={path.value} class="html-view" title="The e-mail as shown" sandbox="" src={path.value} />
  );
}
