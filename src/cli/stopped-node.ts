import { chown, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { fail, limits } from '../base/index.ts'
import { formatSwarmKey, parseAxKey, parseSwarmKey, peerIdText } from '../codec/index.ts'
import { readSecretFile, readTextFile, writeFileAtomic } from '../files/index.ts'
import { openKeys, swarmKeyFingerprint } from '../keys/index.ts'
import {
  parseSettings,
  planChange,
  printSettings,
  readScope,
  type ChangeFacts,
  type ChangePlan,
  type SettingsChange,
} from '../settings/index.ts'
import { isCode } from './failure.ts'

/** The settings of a node that does not run, while its data directory is locked against its start. */
export interface StoppedNode {
  read(scope: string, defaults: boolean): ReturnType<typeof readScope>
  /** Validates, writes, and gives the plan. Nobody can lock out whoever holds the files: there is no caller to guard. */
  change(change: SettingsChange): Promise<ChangePlan>
}

/**
 * Opens a data directory whose node is stopped, and closes it again whatever `edit` does.
 * Fails with `ERR_PATH_INVALID`, `ERR_NODE_LOCKED` (the node runs) and the codes of settings.
 */
export async function editStopped<T>(directory: string, edit: (node: StoppedNode) => T | Promise<T>): Promise<T> {
  if ((await stat(directory).catch(() => undefined))?.isDirectory() !== true) {
    throw fail('ERR_PATH_INVALID', { path: directory })
  }
  const unlock = await lockDirectory(directory)
  try {
    const path = join(directory, 'settings.yaml')
    const facts = await gatherFacts(directory)
    const tree = parseSettings((await readTextFile(path, { bytesMax: limits.settingsBytesMax })) ?? '', facts)
    return await edit({
      read: (scope, defaults) => readScope(tree, scope, { defaults, secrets: facts.secrets }),
      async change(change) {
        const plan = planChange(tree, change, facts)
        await writeFileAtomic(path, printSettings(plan.tree), { mode: 0o600, overwrite: true })
        if (plan.swarmKey !== undefined) await writeSwarmKey(directory, plan.swarmKey)
        return plan
      },
    })
  } finally {
    await unlock()
  }
}

/** The lock is the store's own (`STACK.md` 11): opened, never read. */
async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const store = join(directory, 'store')
  const before = await stat(store).catch(() => undefined)
  if (before === undefined) return async () => undefined
  const level = new ClassicLevel(store, { createIfMissing: false })
  try {
    await level.open()
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause
    if (cause?.code === 'LEVEL_LOCKED') throw fail('ERR_NODE_LOCKED', { what: '', path: directory }, { cause: error })
    throw fail('ERR_IO', { what: 'lock', path: store, cause: cause?.message ?? String(error) }, { cause: error })
  }
  return async () => {
    await level.close()
    await giveBack(store, before)
  }
}

/** Opening makes files; made by root they would shut the node out of its own store. */
async function giveBack(store: string, owner: { uid: number; gid: number }): Promise<void> {
  if (process.geteuid?.() !== 0) return
  for (const name of await readdir(store)) await chown(join(store, name), owner.uid, owner.gid)
}

async function gatherFacts(directory: string): Promise<ChangeFacts> {
  const publicText = (await readTextFile(join(directory, 'keys', 'node.pub')))?.trim()
  const secrets = new Map<string, string>()
  const swarmKey = await readSwarmKey(directory)
  if (swarmKey !== undefined) secrets.set('swarm/swarmKey', `<set ${swarmKeyFingerprint(swarmKey)}>`)
  const ownPeer = publicText === undefined ? undefined : peerIdText(parseAxKey(publicText))
  return { keys: await openKeys(), secrets, ...(ownPeer === undefined ? {} : { ownPeer }) }
}

async function readSwarmKey(directory: string): Promise<Uint8Array | undefined> {
  try {
    return parseSwarmKey(await readSecretFile(join(directory, 'swarm.key'), { bytesMax: limits.keyFileBytesMax }))
  } catch (error) {
    if (isCode(error, 'ERR_PATH_INVALID')) return undefined
    throw error
  }
}

function writeSwarmKey(directory: string, key: Uint8Array): Promise<void> {
  return writeFileAtomic(join(directory, 'swarm.key'), formatSwarmKey(key, 'file'), { mode: 0o600, overwrite: true })
}
