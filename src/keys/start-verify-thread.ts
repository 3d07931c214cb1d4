import type { VerifyThread, VerifyThreadEvents } from './verify-thread.ts'
import type { SodiumBackend } from './sodium.ts'

/** Starts a thread that answers packed checks; undefined where none can be had. Loaded when it is first asked for. */
export async function startVerifyThread(
  backend: SodiumBackend,
  on: VerifyThreadEvents,
): Promise<VerifyThread | undefined> {
  const thread = await import('./verify-thread.ts')
  return thread.startVerifyThread(backend, on)
}
