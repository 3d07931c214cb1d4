import { Worker } from 'node:worker_threads'
import type { ArgonCost } from './argon-cost.ts'

/** What the thread runs: this module again, asked to derive. Its own file, wherever a bundler has put it. */
const threadSource = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.module)
  .then(({ derive }) => derive(workerData.cost, workerData.password, workerData.salt))
  .then((key) => parentPort.postMessage({ key }), () => parentPort.postMessage({}))
`

/**
 * Derives in a thread of its own. Where this module cannot be loaded by a thread (run from source on Node 20, or inside a
 * single executable) it derives here: slower for the neighbours, the same bytes.
 */
export async function deriveInThread(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  return (await askThread(cost, password, salt)) ?? derive(cost, password, salt)
}

/** Argon2 where it is called. */
export async function derive(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const argon2 = await import('./argon2-libraries.ts')
  return cost.version === '1.3' ? argon2.derive13(cost, password, salt) : argon2.derive10(cost, password, salt)
}

function askThread(cost: ArgonCost, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array | undefined> {
  const module = import.meta.url
  // A thread that could not load it would only cost its start.
  if (!/^file:.*\.m?js$/.test(module)) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const workerData = { module, cost, password, salt }
    const thread = new Worker(threadSource, { eval: true, workerData, execArgv: [], env: {} })
    thread.once('message', ({ key }: { key?: Uint8Array }) => {
      resolve(key)
      void thread.terminate()
    })
    thread.once('error', () => resolve(undefined))
    thread.once('exit', () => resolve(undefined))
  })
}
