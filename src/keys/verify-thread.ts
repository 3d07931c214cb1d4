import { Worker } from 'node:worker_threads'
import { answerPacked } from './key-checks.ts'
import { openKeys } from './open-keys.ts'
import type { SodiumBackend } from './sodium.ts'

/** What the thread runs: this module again, asked to serve. Its own file, wherever a bundler has put it. */
const threadSource = `
const { parentPort, workerData } = require('node:worker_threads')
const answering = import(workerData.module).then(({ openAnswering }) => openAnswering(workerData.backend))
parentPort.on('message', ({ ticket, packed }) => {
  answering.then(
    (answer) => parentPort.postMessage({ ticket, answers: answer(packed) }),
    () => process.exit(1),
  )
})
`

/** A thread that answers packed checks. */
export interface VerifyThread {
  /** Hands over the memory of the checks. */
  ask(ticket: number, packed: Uint8Array): void
  stop(): void
}

export interface VerifyThreadEvents {
  readonly answers: (ticket: number, answers: Uint8Array) => void
  /** It ended, or never worked. Comes once. */
  readonly gone: () => void
}

/** Used by the thread alone. */
export async function openAnswering(backend: SodiumBackend): Promise<(packed: Uint8Array) => Uint8Array> {
  const keys = await openKeys({ backend })
  return (packed) => answerPacked(keys, packed)
}

/**
 * Starts a thread. Undefined where this module cannot be loaded by one (run from source, or inside a single executable):
 * then signatures are looked at where they are asked for.
 */
export function startVerifyThread(backend: SodiumBackend, on: VerifyThreadEvents): VerifyThread | undefined {
  const module = import.meta.url
  if (!/^file:.*\.m?js$/.test(module)) return undefined
  const thread = new Worker(threadSource, { eval: true, workerData: { module, backend }, execArgv: [], env: {} })
  // A node that wants to stop does not wait for it.
  thread.unref()
  thread.on('message', ({ ticket, answers }: { ticket: number; answers: Uint8Array }) => {
    on.answers(ticket, answers)
  })
  thread.on('error', () => undefined)
  thread.once('exit', on.gone)
  return {
    ask(ticket, packed) {
      thread.postMessage({ ticket, packed }, [packed.buffer as ArrayBuffer])
    },
    stop() {
      void thread.terminate()
    },
  }
}
