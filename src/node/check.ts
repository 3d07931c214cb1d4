import { asHyraxError, limits } from '../base/index.ts'
import { parseNodeList } from '../access/index.ts'
import { idText, looksLikeInvite, parseInviteLine, parseJoinLine, parseSwarmKey } from '../codec/index.ts'
import { readSecretFile, readTextFile } from '../files/index.ts'
import { isPublishedSwarmKey, openKeys, swarmKeyFingerprint, systemRandom } from '../keys/index.ts'
import type { DaemonOptions } from './options.ts'
import { createKeyFiles } from './key-files.ts'
import { checkKeyRing } from './key-ring.ts'
import { readOwnIdentity } from './own-keys.ts'
import { readRing } from './swarm-key-file.ts'
import { pendingJoin } from './pending-join.ts'
import { parseSettings } from '../settings/index.ts'

/** Reads everything a start would read, opens nothing, says what would happen. Gives the exit status a start would have. */
export async function checkNode(options: DaemonOptions, say: (line: string) => void): Promise<number> {
  const keys = await openKeys()
  let status = 0
  const step = async (what: string, run: () => Promise<string>): Promise<void> => {
    try {
      const found = await run()
      say(`${found.startsWith('unreadable') ? 'WARN ' : 'ok   '} ${what}: ${found}`)
    } catch (thrown) {
      const error = asHyraxError(thrown)
      status ||= error.exitStatus
      say(`ERROR ${what}: [${error.code}] ${error.message}`)
    }
  }
  await step('data directory', () => Promise.resolve(options.dataDirectory))
  await step('keys', async () => {
    const identity = await readOwnIdentity(options)
    return identity === undefined ? 'none yet; the first start makes them' : identity.peer
  })
  await step('device keys', async () => {
    const ring = await checkKeyRing(createKeyFiles(options, { random: systemRandom, say }))
    if (ring === undefined) return 'none yet; the first start makes them'
    return `${String(ring.active)} active, ${String(ring.retired)} retired`
  })
  await step('swarm key', () => checkSwarmKey(options))
  await step('swarm-ring', async () => {
    const { accepted, retired } = await readRing(`${options.dataDirectory}/swarm-ring`)
    return `${String(accepted.length)} older keys accepted, ${String(retired.size)} retired`
  })
  await step('settings', async () => {
    const path = options.settingsFile ?? `${options.dataDirectory}/settings.yaml`
    const text = await readTextFile(path, { bytesMax: limits.settingsBytesMax })
    return `${String(parseSettings(text ?? '', { keys }).size)} values set`
  })
  for (const name of ['permissioned', 'disallowed', 'static'] as const) {
    await step(`${name}-nodes.json`, async () => {
      const text = await readTextFile(`${options.dataDirectory}/${name}-nodes.json`, {
        bytesMax: limits.nodeListBytesMax,
      })
      const list = parseNodeList(keys, name, text)
      if (list.state === 'unreadable') return `unreadable, admits nobody: ${list.why ?? ''}`
      return list.state === 'missing'
        ? 'none'
        : `${String(list.peers.size)} peers, ${String(list.skipped.length)} skipped`
    })
  }
  await step('join-line', () => checkPendingJoin(options))
  for (const address of [...options.bindSwarm, ...options.bindAdmin]) say(`would listen on ${address}`)
  say(`would serve ${options.socketPath}`)
  return status
}

/** What `axd init --join` left. A start goes on without it where it cannot be read, and says so. */
async function checkPendingJoin({ dataDirectory }: DaemonOptions): Promise<string> {
  try {
    const text = await pendingJoin(dataDirectory).read()
    if (text === undefined) return 'none'
    const isInvite = looksLikeInvite(text)
    const { team } = isInvite ? parseInviteLine(text) : parseJoinLine(text)
    const named = team === undefined ? 'no team' : idText('team', team)
    return isInvite ? `the next start joins ${named} by an invite` : `the next start keeps ${named}`
  } catch (thrown) {
    return `unreadable: ${asHyraxError(thrown).message}`
  }
}

async function checkSwarmKey(options: DaemonOptions): Promise<string> {
  const path = options.swarmKeyFile ?? `${options.dataDirectory}/swarm.key`
  try {
    const key = parseSwarmKey(await readSecretFile(path, { bytesMax: 4_096 }))
    if (isPublishedSwarmKey(key) && !options.allowPublishedSwarmKey) return 'published: a start would refuse it'
    return swarmKeyFingerprint(key)
  } catch (thrown) {
    const error = asHyraxError(thrown)
    if (error.code === 'ERR_PATH_INVALID' && options.swarmKeyFile === undefined)
      return 'none yet; the first start makes one'
    throw error
  }
}
