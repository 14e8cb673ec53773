import { create, type Message } from '@bufbuild/protobuf';
import { ConfigurationService } from '../../gen/otp/admin/v1/configuration_service_pb.js';
import { createConfigurationHandlers } from '../admin/configuration/handlers.js';
import type { DefaultsOf } from '../admin/configuration/readDocument.js';
import { fieldsOf } from '../admin/configuration/resources.js';
import type { Section } from '../admin/configuration/section.js';
import { defaultWorkspace } from '../admin/workspaces/stored.js';
import { workspaceToProto } from '../admin/workspaces/toProto.js';
import type { Workspaces } from '../admin/workspaces/workspaces.js';
import type { Handler } from '../call/call.js';
import { createHandlerTable, type Registration, registerService } from '../call/handlers.js';
import type { Config } from '../config/config.js';
import { inForce } from '../guard/settings.js';
import { guardToProto } from '../guard/toProto.js';

interface Parts {
  readonly config: Pick<Config, 'env'>;
  readonly workspaces: Workspaces;
}

/** The configuration as one document, on top of the methods by which operators change it. */
export function composeConfiguration(
  { config, workspaces }: Parts,
  unary: readonly Registration<Handler>[],
): Registration<Handler>[] {
  const ofWorkspace: Readonly<Record<string, Message>> = {
    settings: workspaceToProto(defaultWorkspace('')),
    guard: guardToProto(inForce(null, config.env)),
  };
  const defaultsOf: DefaultsOf = (section: Section) =>
    fieldsOf(section, ofWorkspace[section.name] ?? create(section.schema));
  const methods = createHandlerTable(unary);
  return registerService(
    ConfigurationService,
    createConfigurationHandlers({ methods, workspaces, defaultsOf }),
  );
}
