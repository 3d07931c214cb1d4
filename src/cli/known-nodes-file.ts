import { dirname } from 'node:path'
import { fail, limits } from '../base/index.ts'
import {
  addKnown,
  forgetKnown,
  judgeKnown,
  parseKnownNodes,
  printKnownNodes,
  replaceKnown,
  sinceText,
  type KnownNodes,
  type KnownVerdict,
} from '../access/index.ts'
import { fromUtf8 } from '../codec/index.ts'
import { ensurePrivateDirectory, readSecretFile, withLockFile, writeFileAtomic } from '../files/index.ts'
import { isCode } from './failure.ts'

/** The file of known nodes: read whole each time, changed under a lock, replaced whole. */
export interface KnownNodesFile {
  /** Fails with `ERR_ACCESS_KNOWN_NODES` where the file cannot be trusted: then no node is contacted. */
  read(): Promise<KnownNodes>
  judge(address: string, peer: string): Promise<KnownVerdict>
  add(address: string, peer: string): Promise<void>
  /** Puts the identity in place of those that stand for the address; they stay as comments. */
  replace(address: string, peer: string): Promise<void>
  /** How many lines were taken away. */
  forget(address: string): Promise<number>
}

export function openKnownNodes(path: string): KnownNodesFile {
  const read = () => readBook(path)
  const change = (edit: (book: KnownNodes) => KnownNodes): Promise<void> => changeBook(path, edit)
  const entry = (address: string, peer: string) => ({ address, peer, since: sinceText(Date.now()) })
  return {
    read,
    judge: async (address, peer) => judgeKnown(await read(), address, peer),
    add: (address, peer) => change((book) => addKnown(book, entry(address, peer))),
    replace: (address, peer) => change((book) => replaceKnown(book, entry(address, peer))),
    async forget(address) {
      let removed = 0
      await change((book) => {
        const changed = forgetKnown(book, address)
        removed = changed.removed
        return changed.book
      })
      return removed
    },
  }
}

async function changeBook(path: string, edit: (book: KnownNodes) => KnownNodes): Promise<void> {
  await ensurePrivateDirectory(dirname(path))
  await withLockFile(path, async () => {
    const before = await readBook(path)
    const after = edit(before)
    if (after === before) return
    await writeFileAtomic(path, printKnownNodes(after), { mode: 0o600, overwrite: true })
  })
}

/** Whoever can write this file decides whom we trust: it is read as strictly as a secret. */
async function readBook(path: string): Promise<KnownNodes> {
  try {
    const bytes = await readSecretFile(path, { bytesMax: limits.knownNodesBytesMax })
    return parseKnownNodes(fromUtf8(bytes, path), path)
  } catch (error) {
    if (isCode(error, 'ERR_PATH_INVALID')) return parseKnownNodes(undefined, path)
    if (isCode(error, 'ERR_ACCESS_KNOWN_NODES')) throw error
    throw fail('ERR_ACCESS_KNOWN_NODES', { path, why: (error as Error).message }, { cause: error })
  }
}
