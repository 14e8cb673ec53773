/** Rooms that may not import each other: each imports from the layers below it only. */
export interface Layer {
  /** Folders or files of server/; the longest that fits a file is its room. */
  readonly rooms: readonly string[];
  /** What the layer is for. */
  readonly purpose: string;
  /** Folders outside server/ from which it imports as well. */
  readonly outside?: readonly string[];
}

/** The import order of server/, from the process down to what knows nothing else. */
export const LAYERS: readonly Layer[] = [
  {
    rooms: ['cli'],
    purpose: 'The command line; it calls a service as any client does',
    outside: ['clients'],
  },
  { rooms: ['main.ts'], purpose: 'What `npm start` runs: prepares memory, loads the process' },
  { rooms: ['process.ts'], purpose: 'The process: reads the environment, starts and stops the service' },
  { rooms: ['compose'], purpose: 'Builds everything; nothing else constructs anything' },
  {
    rooms: ['maintenance'],
    purpose: 'Backup, restore and care of the key ring, while the service runs or is stopped',
  },
  { rooms: ['workers'], purpose: 'Several processes behind one port' },
  {
    rooms: ['rpc', 'gateway', 'screens'],
    purpose: 'Transports: Connect, gRPC and gRPC-Web; the REST dialects; the pages and what they load',
  },
  { rooms: ['pipeline'], purpose: 'The checks every call passes, whichever transport it arrives by' },
  {
    rooms: ['admin/access', 'admin/configuration', 'admin/inbox', 'admin/providers', 'admin/recipients'],
    purpose: 'What support and analysts see and do, above the use cases',
  },
  { rooms: ['admin/sessions'], purpose: 'Sessions as operators see them' },
  { rooms: ['otp'], purpose: 'Use cases: one file for each rpc of the OTP services' },
  { rooms: ['effects'], purpose: 'Side effects of what happens to a session, and their worker' },
  { rooms: ['guard', 'webhooks'], purpose: 'Protection against fraud; events sent to the workspace' },
  {
    rooms: [
      'admin/audit',
      'admin/contacts',
      'admin/keys',
      'admin/limits',
      'admin/refusals',
      'admin/rules',
      'admin/senders',
      'admin/sponsors',
      'admin/stats',
      'admin/templates',
      'admin/wallet',
    ],
    purpose: 'What operators and workspaces manage, one room for each service',
  },
  { rooms: ['admin/workspaces'], purpose: 'Workspaces and their settings, which every room above reads' },
  { rooms: ['admin/jobs'], purpose: 'Long-running work that is polled, listed and cancelled' },
  { rooms: ['admin/shared'], purpose: 'Paging, update masks, audit: what the services above have in common' },
  { rooms: ['delivery', 'limits'], purpose: 'Messages to providers; rate limits and recipient blocks' },
  { rooms: ['session'], purpose: 'What a session is, and every way it changes' },
  { rooms: ['secrets'], purpose: 'Encryption, hashing and tokens, and the keys they use' },
  { rooms: ['store'], purpose: 'The document store: MongoDB or embedded SQLite behind one interface' },
  { rooms: ['call'], purpose: 'A call and its handler, as use cases and the pipeline see them' },
  { rooms: ['observe', 'http'], purpose: 'Logs, metrics and traces; the HTTP listener' },
  {
    rooms: ['config', 'outbound', 'contract', 'fairness'],
    purpose:
      'Settings; requests to other hosts; validation rules; how workspaces share what is limited, such as hashing and delivery',
  },
  { rooms: ['errors.ts'], purpose: 'The error table' },
  { rooms: ['domain'], purpose: 'Words of the domain: channels, recipients, principals, ids' },
  { rooms: ['platform'], purpose: 'Clock, randomness, version' },
];

/** Outside server/, and below all of it: code generated from the contract. */
export const BELOW_ALL: readonly string[] = ['gen'];
