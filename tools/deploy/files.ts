import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { command, counting, has, type Part } from '../parts.js';
import { pythonTools } from '../pythonTools.js';

const filesOf = (folder: string): readonly string[] => readdirSync(folder).map((name) => join(folder, name));

/** The highest exposure that systemd-analyze may find, in tenths: 0 is none, 100 is everything. */
const EXPOSURE = '25';

/** What is looked at without building anything; seconds each. */
export const fileParts: readonly Part[] = [
  {
    name: 'deploy: Dockerfile, compose files and workflows',
    async run() {
      const { bin, missing } = pythonTools('deploy-python', 'tools/deploy/requirements.txt');
      if (missing) return `skipped: ${missing}`;
      const count = counting();
      count.add('hadolint', command(join(bin, 'hadolint'), ['deploy/Dockerfile']));
      const schema = (name: string, files: readonly string[]) =>
        command(join(bin, 'check-jsonschema'), ['--builtin-schema', name, ...files]);
      count.add('compose', schema('vendor.compose-spec', filesOf('deploy/compose')));
      count.add('workflows', schema('vendor.github-workflows', filesOf('.github/workflows')));
      return count.result();
    },
  },
  {
    name: 'deploy: workflows with actionlint',
    async run() {
      if (!has('go', 'version')) return 'skipped: go is missing';
      const actionlint = ['run', 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'];
      if (!has('go', ...actionlint, '-version')) return 'skipped: actionlint cannot be fetched';
      const count = counting();
      count.add('actionlint', command('go', [...actionlint, ...filesOf('.github/workflows')]));
      return count.result();
    },
  },
  {
    name: 'deploy: systemd unit',
    async run() {
      if (!has('systemd-analyze', '--version')) return 'skipped: systemd-analyze is missing';
      const unit = 'deploy/systemd/countersign.service';
      const count = counting();
      // The executable is not installed here; everything else is as it is.
      const verified = resolve('.cache/deploy/countersign.service');
      mkdirSync(dirname(verified), { recursive: true });
      writeFileSync(verified, readFileSync(unit, 'utf8').replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'));
      count.add('verify', command('systemd-analyze', ['verify', verified]));
      const exposure = ['security', '--offline=true', `--threshold=${EXPOSURE}`, unit];
      count.add('exposure', command('systemd-analyze', exposure));
      return count.result();
    },
  },
];
