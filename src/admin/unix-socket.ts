import { chmod, lstat, unlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import path from 'node:path'
import { fail } from '../base/index.ts'
import { ensurePrivateDirectory } from '../files/index.ts'

const probeMsMax = 2_000

/**
 * Makes room for a socket: its directory, 0700 where it is new, is the boundary between users. A file left by a node
 * that was killed is removed, once nobody answers on it. `ERR_PORT_COLLISION` where somebody does, `ERR_FILE_EXISTS`
 * where it is no socket, `ERR_FILES_MODE` where others can write to the directory.
 */
export async function prepareSocket(socketPath: string): Promise<void> {
  await ensurePrivateDirectory(path.dirname(socketPath))
  const found = await lstat(socketPath).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket()) throw fail('ERR_FILE_EXISTS', { path: socketPath })
  if (await answers(socketPath)) {
    throw fail('ERR_PORT_COLLISION', { address: socketPath, what: 'another process answers there' })
  }
  await unlink(socketPath)
}

/** Listens with a umask that lets the owner in alone: the library's socket takes its mode from it. */
export async function withSocketMode(socketPath: string, listen: () => Promise<void>): Promise<void> {
  const umask = process.umask(0o177)
  try {
    await listen()
  } finally {
    process.umask(umask)
  }
  await chmod(socketPath, 0o600)
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath)
    const settle = (answer: boolean) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(probeMsMax, settle(true))
    socket.once('connect', settle(true))
    socket.once('error', settle(false))
  })
}
