import type { Progress } from '../../../../server/maintenance/progress.js';

export const silent: Progress = { begin: () => {}, advance: () => {}, end: () => {} };
