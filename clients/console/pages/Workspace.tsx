import { create } from '@bufbuild/protobuf';
import { useLocation } from 'preact-iso';
import {
  Assurance,
  GetWorkspaceRequestSchema,
  type Workspace as WorkspaceMessage,
  WorkspaceSchema,
  WorkspaceService,
} from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { Problem, Skeleton } from '../../look/States.js';
import { isOperator } from '../access.js';
import { api, inWorkspace } from '../api.js';
import { who } from '../credential.js';
import { count } from '../format.js';
import { useLoaded } from '../loading.js';
import { useQuery } from '../route.js';
import { Action } from '../ui/Action.js';
import { Ago } from '../ui/Ago.js';
import { Facts } from '../ui/Facts.js';
import { Area, Check, Select, Text } from '../ui/Fields.js';
import { Card, Page } from '../ui/Page.js';
import { PageSettings } from '../ui/PageSettings.js';
import { Raw } from '../ui/Raw.js';
import { say } from '../ui/toast.js';
import { WorkspaceList } from '../ui/WorkspaceList.js';
import { channelOf, enumOf, nameOf, optionsOf } from '../words.js';

const { method } = WorkspaceService;

/** Settings of the workspace, and for operators the workspaces of the service. */
export function Workspace() {
  const query = useQuery();
  const request = create(GetWorkspaceRequestSchema, inWorkspace());
  const loaded = useLoaded(
    `workspace ${query.get('workspace')}`,
    async (signal) => (await api.workspaces.getWorkspace(request, { signal })).workspace,
  );
  const workspace = loaded.value;
  return (
    <Page
      name={workspace ? `Workspace ${workspace.name}` : 'Workspace'}
      actions={
        workspace && (
          <>
            <Settings workspace={workspace} again={loaded.again} />
            {workspace.name !== 'default' && (
              <Delete
                name={workspace.name}
                isDeleted={workspace.deletedAt !== undefined}
                again={loaded.again}
              />
            )}
          </>
        )
      }
    >
      <Problem error={loaded.error} again={loaded.again} />
      <Card title="Settings">
        {workspace ? (
          <Raw
            label="Workspace as"
            schema={WorkspaceSchema}
            message={workspace}
            call={{ method: method.getWorkspace, request }}
          >
            <Facts
              facts={[
                ['Brand', workspace.brand || 'not set: messages say "your code"'],
                ['Language', workspace.locale],
                ['Web host', workspace.webHost || 'none: browsers do not fill codes in'],
                ['Origins', workspace.allowedOrigins.join(', ') || 'any page may call with a session token'],
                ['Routes', <Routes key="routes" workspace={workspace} />],
                ['Retention', `${count(workspace.retentionDays)} days`],
                ['Assurance', workspace.assurance ? nameOf(Assurance, workspace.assurance) : 'none'],
                ['Reuse', workspace.messagingReuse && 'An open session is reused'],
                ['Android app', workspace.androidAppHash],
                ['Created', <Ago key="created" at={workspace.createdAt} />],
                ['Deleted', workspace.deletedAt && <Ago at={workspace.deletedAt} />],
              ]}
            />
          </Raw>
        ) : (
          !loaded.error && <Skeleton rows={8} />
        )}
      </Card>
      {workspace && <PageSettings workspace={workspace} again={loaded.again} />}
      {isOperator() && <WorkspaceList />}
      <p class="soft">
        {who.value?.displayName} of {who.value?.workspace}. Countersign {who.value?.version}
        {who.value?.development ? ', development' : ''}.
      </p>
    </Page>
  );
}

const Routes = ({ workspace }: { readonly workspace: WorkspaceMessage }) =>
  workspace.routes.length === 0 ? (
    <>The order of the service’s settings</>
  ) : (
    <>
      {workspace.routes.map(({ channel, providers }) => (
        <span key={channel} class="line">
          {channelOf(channel)}: {providers.join(', then ')}
        </span>
      ))}
    </>
  );

function Settings({
  workspace,
  again,
}: {
  readonly workspace: WorkspaceMessage;
  readonly again: () => void;
}) {
  return (
    <Action
      label="Edit…"
      look="primary"
      method={method.updateWorkspace}
      title="Settings of the workspace"
      submit="Save"
      onSubmit={async (values) => {
        const changed = {
          brand: values.text('brand'),
          locale: values.text('locale'),
          webHost: values.text('webHost'),
          allowedOrigins: values.lines('origins'),
          retentionDays: values.number('retentionDays'),
          assurance: enumOf(Assurance, values.text('assurance')),
          messagingReuse: values.has('messagingReuse'),
        };
        // Only what differs is sent: a value that was not touched needs no permission.
        const paths = [
          ['brand', changed.brand !== workspace.brand],
          ['locale', changed.locale !== workspace.locale],
          ['web_host', changed.webHost !== workspace.webHost],
          ['allowed_origins', String(changed.allowedOrigins) !== String(workspace.allowedOrigins)],
          ['retention_days', changed.retentionDays !== workspace.retentionDays],
          ['assurance', changed.assurance !== workspace.assurance],
          ['messaging_reuse', changed.messagingReuse !== workspace.messagingReuse],
        ].flatMap(([path, isChanged]) => (isChanged ? [String(path)] : []));
        if (paths.length === 0) return;
        await api.workspaces.updateWorkspace({
          workspace: { name: workspace.name, ...changed },
          updateMask: { paths },
        });
        say('The settings are saved.');
        again();
      }}
    >
      <Text label="Brand" name="brand" maxLength={64} value={workspace.brand} hint="Whom messages are from" />
      <Text
        label="Language"
        name="locale"
        value={workspace.locale}
        hint="Of messages whose send names none"
      />
      <Text
        label="Web host"
        name="webHost"
        value={workspace.webHost}
        placeholder="shop.example.com"
        hint="Browsers fill codes in on pages of this host"
      />
      <Area
        label="Origins that may call with a session token"
        name="origins"
        rows={3}
        value={workspace.allowedOrigins.join('\n')}
        hint="One a line, with https://; none: any"
      />
      <Text
        label="Days that ended sessions are kept"
        name="retentionDays"
        type="number"
        min={0}
        max={365}
        value={String(workspace.retentionDays)}
      />
      <Select
        label="Assurance"
        name="assurance"
        value={workspace.assurance}
        options={[{ value: 0, word: 'None' }, ...optionsOf(Assurance)]}
      />
      <Check
        label="A send to the same recipient reuses an open session"
        name="messagingReuse"
        checked={workspace.messagingReuse}
      />
    </Action>
  );
}

interface DeleteProps {
  readonly name: string;
  readonly isDeleted: boolean;
  readonly again: () => void;
}

function Delete({ name, isDeleted, again }: DeleteProps) {
  const { route } = useLocation();
  if (isDeleted)
    return (
      <>
        <Action
          label="Undelete…"
          method={method.undeleteWorkspace}
          title={`Undelete ${name}`}
          submit="Undelete the workspace"
          onSubmit={async () => {
            await api.workspaces.undeleteWorkspace({ workspace: name });
            say(`${name} works again.`);
            again();
          }}
        >
          <p>Its keys work again.</p>
        </Action>
        <Action
          label="Purge…"
          look="danger-quiet"
          method={method.purgeWorkspace}
          title={`Purge ${name}`}
          submit="Purge the workspace"
          confirm={name}
          onSubmit={async () => {
            const { job } = await api.workspaces.purgeWorkspace({ workspace: name });
            say(`The purge of ${name} is a job; it can be cancelled until it begins.`);
            route(`/console/jobs?workspace=${name}&job=${job?.id}`);
          }}
        >
          <p>
            All of its data is erased seven days from now: sessions, keys, contacts, templates and the rest.
            Until it begins, the job can be cancelled. After that it cannot be undone.
          </p>
        </Action>
      </>
    );
  return (
    <Action
      label="Delete…"
      look="danger-quiet"
      method={method.deleteWorkspace}
      title={`Delete ${name}`}
      submit="Delete the workspace"
      confirm={name}
      onSubmit={async () => {
        await api.workspaces.deleteWorkspace({ workspace: name });
        say(`${name} is deleted. It can be undeleted.`);
        route('/console/workspace');
      }}
    >
      <p>All of its keys stop working at once. It can be undeleted; its data is kept until then.</p>
    </Action>
  );
}
