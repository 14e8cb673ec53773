import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeBinary } from '../onNode/binary.js';
import { command, counting, has, type Outcome, type Part } from '../parts.js';

const HELM = 'helm.sh/helm/v3/cmd/helm@v3.22.0';
/** Which Kubernetes the chart is rendered for; helm does not ask a cluster. */
const KUBERNETES = '1.31';
const CACHE = '.cache/deploy';

/** What is built, and run where the machine can: minutes each. */
export const builtParts: readonly Part[] = [
  {
    name: 'deploy: chart, rendered and decoded strictly',
    async run() {
      const helm = installedHelm();
      if (!helm) return 'skipped: helm cannot be built here';
      const count = counting();
      for (const mongodb of [true, false]) {
        const args = ['deploy/chart', '--set', `mongodb=${mongodb}`, '--kube-version', KUBERNETES];
        count.add('helm lint', command(helm, ['lint', ...args]));
        const rendered = command(helm, ['template', 'countersign', ...args]);
        if (count.add('helm template', rendered)) count.add('fields', decoded(rendered.output));
      }
      count.add(
        'a field that does not exist is found',
        foundIn('kind: Service\napiVersion: v1\nspec: {port: []}\n'),
      );
      return count.result();
    },
  },
  {
    name: 'deploy: image, built and run in a chroot',
    run: async () => script('image.sh', [nodeBinary('22'), CACHE]),
  },
  {
    name: 'deploy: Debian package in a booted Debian',
    async run() {
      if (!has('dpkg-deb', '--version')) return 'skipped: dpkg-deb is missing';
      const count = counting();
      if (!count.add('build', command('npm', ['run', '--silent', 'build']))) return count.result();
      const built = command('node_modules/.bin/tsx', ['tools/deb.ts', 'dist/release']);
      if (!count.add('package', built)) return count.result();
      // What its tools warn of is among the output.
      const file = built.output.split('\n').find((line) => line.endsWith('.deb')) ?? '';
      return script('deb.sh', [file, CACHE]);
    },
  },
];

function installedHelm(): string | undefined {
  const helm = resolve('.cache/bin/helm');
  if (existsSync(helm)) return helm;
  return command('go', ['install', HELM], { env: { GOBIN: resolve('.cache/bin') } }).ok ? helm : undefined;
}

const decoded = (manifests: string): Outcome =>
  command('go', ['run', '.'], { cwd: 'deploy/checks/manifests', input: manifests });

const foundIn = (manifest: string): Outcome => {
  const { ok, output } = decoded(manifest);
  return { ok: !ok && output.includes('unknown field'), output };
};

/** The last line that a script of deploy/checks/ prints says how it went. */
function script(name: string, args: readonly string[]): string {
  const { output } = command(`deploy/checks/${name}`, args);
  const lines = output.trim().split('\n');
  const result = lines.find((line) => /^(skipped: |\d+ passed, \d+ failed$)/.test(line));
  if (!result?.endsWith(' 0 failed') && !result?.startsWith('skipped: ')) process.stdout.write(output);
  return result ?? '0 passed, 1 failed';
}
