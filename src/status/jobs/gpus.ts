import type { Worker } from '../../api/schema';

/** The GPUs that a worker sees, as the variable that says so; empty without any. */
export function gpuWords({
  cuda_visible_devices: devices
}: Pick<Worker, 'cuda_visible_devices'>): string {
  return devices ? `CUDA_VISIBLE_DEVICES=${devices}` : '';
}
