import {
  type Workspace as WorkspaceMessage,
  WorkspaceService,
} from '../../../gen/otp/admin/v1/workspace_service_pb.js';
import { api } from '../api.js';
import { Action } from './Action.js';
import { Facts } from './Facts.js';
import { Area, Check, Picture, Text } from './Fields.js';
import { Card } from './Page.js';
import { say } from './toast.js';

interface Props {
  readonly workspace: WorkspaceMessage;
  readonly again: () => void;
}

/** What people see on the verification pages of a workspace, and where those may lead. */
export const PageSettings = ({ workspace, again }: Props) => (
  <Card title="Verification pages" tools={<Edit workspace={workspace} again={again} />}>
    <Facts
      facts={[
        ['Logo', <Logo key="logo" workspace={workspace} />],
        ['Colour', workspace.brandColor || 'the service’s own'],
        ['Help', workspace.supportUrl || 'no link'],
        ['Host', workspace.hideHost ? 'is left out' : 'stands beside the brand'],
        ['Return to', workspace.returnUrls.join(', ') || 'nowhere: pages can be framed only'],
        ['Framed by', workspace.embedOrigins.join(', ') || 'no page'],
      ]}
    />
  </Card>
);

const Logo = ({ workspace: { logo, brand } }: { readonly workspace: WorkspaceMessage }) =>
  logo.length === 0 ? (
    <>The first letter of the brand</>
  ) : (
    <img class="logo" src={pictureUrl(logo)} alt={`Logo of ${brand}`} />
  );

/** A picture that is there already, without a request for it. */
function pictureUrl(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `data:${bytes[0] === 0x89 ? 'image/png' : 'image/webp'};base64,${btoa(text)}`;
}

const Edit = ({ workspace, again }: Props) => (
  <Action
    label="Edit pages…"
    method={WorkspaceService.method.updateWorkspace}
    title="Verification pages"
    submit="Save"
    onSubmit={async (values) => {
      const picture = await values.file('logo');
      const changed = {
        brandColor: values.text('brandColor').toLowerCase(),
        supportUrl: values.text('supportUrl'),
        hideHost: values.has('hideHost'),
        returnUrls: values.lines('returnUrls'),
        embedOrigins: values.lines('embedOrigins'),
      };
      const paths = ['brand_color', 'support_url', 'hide_host', 'return_urls', 'embed_origins'];
      if (picture || values.has('noLogo')) paths.push('logo');
      await api.workspaces.updateWorkspace({
        workspace: { name: workspace.name, ...changed, ...(picture && { logo: picture }) },
        updateMask: { paths },
      });
      say('Pages are shown like this from now on.');
      again();
    }}
  >
    <Picture label="Logo" name="logo" hint="PNG or WebP, at most 32 KiB and 1,024 pixels a side" />
    {workspace.logo.length > 0 && <Check label="Remove the present logo" name="noLogo" />}
    <Text
      label="Colour"
      name="brandColor"
      value={workspace.brandColor}
      pattern="#[0-9A-Fa-f]{6}"
      placeholder="#3243c4"
      hint="The text on it is black or white, whichever can be read better"
    />
    <Text
      label="Where people find help"
      name="supportUrl"
      value={workspace.supportUrl}
      maxLength={2048}
      placeholder="https://shop.example.com/help"
      hint="https or mailto"
    />
    <Area
      label="URLs that pages may return to"
      name="returnUrls"
      rows={3}
      value={workspace.returnUrls.join('\n')}
      hint="One a line; paths below one are allowed, too"
    />
    <Area
      label="Origins that may show them in a frame"
      name="embedOrigins"
      rows={3}
      value={workspace.embedOrigins.join('\n')}
      hint="One a line, with https://"
    />
    <Check
      label="Leave out the host beside the brand"
      name="hideHost"
      hint="It helps people to recognise phishing"
      checked={workspace.hideHost}
    />
  </Action>
);
