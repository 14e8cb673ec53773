const PATHS = {
  overview: 'M4 13h6V4H4zm10 7h6V4h-6zM4 20h6v-4H4z',
  sessions: 'M5 6h14M5 12h14M5 18h9',
  recipient: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 20c1-4 4-5 7-5s6 1 7 5',
  analytics: 'M4 20V10m5 10V4m5 16v-7m5 7V8',
  fraud: 'M12 3l8 3v6c0 5-3.5 7.500-8 9-4.500-1.500-8-4-8-9V6z',
  limits: 'M4 15a8 8 0 1 1 16 0M12 15l4-5',
  templates: 'M5 4h14v16H5zM9 9h6M9 13h6',
  senders: 'M4 6h16v12H4zM4 7l8 6 8-6',
  providers: 'M4 12h4l3-7 3 14 3-7h3',
  keys: 'M8 16a4 4 0 1 1 3.700-5.500L20 10.500v3h-2v2.500h-3v-2.500h-3.300A4 4 0 0 1 8 16z',
  webhooks: 'M8 8a4 4 0 1 1 6 3l3 5M6 12a4 4 0 1 0 4 5h6',
  audit: 'M6 3h9l4 4v14H6zM9 12h7M9 16h5',
  sponsors: 'M4 20V8l8-4 8 4v12M9 20v-6h6v6',
  contacts:
    'M5 4h14v16H5zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM8 17c.8-2 2.200-2.600 4-2.600s3.200.6 4 2.600',
  wallet: 'M4 7h14a2 2 0 0 1 2 2v9H4zM4 7l11-3v3M15.500 13h.01',
  workspace: 'M4 7l8-4 8 4-8 4zM4 12l8 4 8-4M4 16.500l8 4 8-4',
  jobs: 'M12 7v5l3 2M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z',
  configuration: 'M5 4h14v16H5zM9 10l-1.500 2L9 14m6-4l1.500 2-1.500 2',
  lock: 'M7 11h10v8H7zM9 11V8a3 3 0 0 1 6 0v3',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2l4 4',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2m0 14v2M3 12h2m14 0h2M6 6l1 1m10 10l1 1M6 18l1-1M17 7l1-1',
  moon: 'M19 14.500A7.500 7.500 0 1 1 9.500 5a6 6 0 0 0 9.500 9.500z',
  out: 'M10 5H5v14h5M14 8l4 4-4 4m4-4H9',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  plus: 'M12 5v14M5 12h14',
  up: 'M12 19V6M6 11l6-6 6 6',
  down: 'M12 5v13M6 13l6 6 6-6',
  back: 'M11 6l-6 6 6 6M5 12h14',
  warning: 'M12 4l9 16H3zM12 10v4m0 3h.01',
  download: 'M12 4v11m-5-4l5 5 5-5M5 20h14',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration beside a word, or inside a control that has a name of its own. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
