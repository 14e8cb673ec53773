import { readdir } from 'node:fs/promises';
import type { DescService } from '@bufbuild/protobuf';

const PACKAGES = ['../../gen/otp/v1/', '../../gen/otp/admin/v1/'];

/** Every service of the contract, the operator's included: a new one is in every test that asks here. */
export async function contractServices(): Promise<DescService[]> {
  const services: DescService[] = [];
  for (const folder of PACKAGES.map((path) => new URL(path, import.meta.url))) {
    for (const file of (await readdir(folder)).sort()) {
      const module = (await import(new URL(file, folder).href)) as Record<string, { kind?: string }>;
      services.push(...Object.values(module).filter((one): one is DescService => one?.kind === 'service'));
    }
  }
  return services;
}
