import { type Workspace, WorkspaceService } from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { Empty } from '../../look/States.js';
import { api } from '../api.js';
import { usePaged } from '../paging.js';
import { Action } from './Action.js';
import { Ago } from './Ago.js';
import { NAME, Text } from './Fields.js';
import { Card } from './Page.js';
import { Pill } from './Pill.js';
import { type Column, Table } from './Table.js';
import { say } from './toast.js';

const columns: readonly Column<Workspace>[] = [
  { head: 'Name', cell: ({ name }) => name },
  { head: 'Brand', isWide: true, isSoft: true, cell: ({ brand }) => brand || '–' },
  {
    head: 'State',
    width: '120px',
    cell: ({ deletedAt }) => (deletedAt ? <Pill tone="off">Deleted</Pill> : <Pill tone="ok">Active</Pill>),
  },
  {
    head: 'Created',
    width: '130px',
    isWide: true,
    isSoft: true,
    cell: ({ createdAt }) => <Ago at={createdAt} />,
  },
];

/** All workspaces of the service. */
export function WorkspaceList() {
  const paged = usePaged<Workspace>('all workspaces', {
    idOf: ({ name }) => name,
    async load(pageToken, signal) {
      const page = await api.workspaces.listWorkspaces(
        { pageSize: 100, pageToken, showDeleted: true },
        signal ? { signal } : {},
      );
      return { items: page.workspaces, next: page.nextPageToken };
    },
  });
  return (
    <Card
      title="All workspaces"
      isFlush
      tools={
        <Action
          label="New workspace…"
          icon="plus"
          method={WorkspaceService.method.createWorkspace}
          title="New workspace"
          submit="Create the workspace"
          onSubmit={async (values) => {
            const workspace = { name: values.text('name'), brand: values.text('brand') };
            await api.workspaces.createWorkspace({ workspace });
            say(`${workspace.name} is there. Make its first key under Keys.`);
            paged.again();
          }}
        >
          <Text
            label="Name"
            name="name"
            required
            {...NAME}
            hint="Small letters, digits and hyphens; it cannot be changed"
          />
          <Text label="Brand" name="brand" maxLength={64} />
        </Action>
      }
    >
      <Table
        label="Workspaces"
        columns={columns}
        paged={paged}
        idOf={({ name }) => name}
        href={({ name }) => `/console/workspace?workspace=${name}`}
        empty={<Empty title="No workspaces">There is always the one called default.</Empty>}
      />
    </Card>
  );
}
