import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'

/** One line that says what ran this, with an empty Node process as the yardstick. */
export function machineLine(): string {
  const starts = Array.from({ length: 5 }, () => {
    const begun = performance.now()
    spawnSync(process.execPath, ['-e', '0'])
    return performance.now() - begun
  }).sort((a, b) => a - b)
  const model = cpus()[0]?.model ?? 'unknown'
  return `machine: ${model.trim()} x${cpus().length}, Node ${process.versions.node} ${process.platform}/${process.arch}, node -e 0: ${(starts[2] ?? 0).toFixed(0)} ms`
}

/** Milliseconds of CPU that this process used while `work` ran, and what it returned. */
export async function cpuMs<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return { ms: (user + system) / 1000, result }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
