/** What a workspace and an account with a provider can be called; as in workspace_service.proto and provider_service.proto. */
export const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
