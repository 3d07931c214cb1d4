import { fail, silentLog } from '../base/index.ts'
import { idText, looksLikeInvite, parseInviteLine, parseJoinLine, type JoinLine } from '../codec/index.ts'
import { ensurePrivateDirectory, readTextFile } from '../files/index.ts'
import { inviteKeyOf, openKeys, systemRandom, type Keys } from '../keys/index.ts'
import { parseAuthorizedKey, parseAuthorizedKeyLine } from '../settings/index.ts'
import type { DaemonOptions } from './options.ts'
import { openOwnKeys, readOwnIdentity } from './own-keys.ts'
import { pendingJoin } from './pending-join.ts'
import { openSettingsStore } from './settings-store.ts'
import { openSwarmKeyFile } from './swarm-key-file.ts'

/** An invite code, and a line with the swarm key in it, are secrets: they come from a file, `@-` is standard input. */
async function joinText(given: string): Promise<string> {
  if (!given.startsWith('@')) {
    if (given.includes('&key=') || looksLikeInvite(given.trim())) throw fail('ERR_CLI_SECRET_IN_ARGV')
    return given.trim()
  }
  const path = given === '@-' ? '/dev/stdin' : given.slice(1)
  const text = await readTextFile(path, { bytesMax: 4_096 })
  if (text === undefined) throw fail('ERR_PATH_INVALID', { path })
  return text.trim()
}

/** What the text leads to. Whether an invite code was copied whole is found out now, and not at the first start. */
function readLine(keys: Keys, text: string): JoinLine {
  if (!looksLikeInvite(text)) return parseJoinLine(text)
  const invite = parseInviteLine(text)
  inviteKeyOf(keys, invite.code, invite.team)
  return invite
}

/**
 * `axd init`: makes data directory, keys and swarm key, puts the first admin keys in, takes over a join line. Gives what
 * to print. Refuses a directory that has a node key (`ERR_NODE_INITIALIZED`).
 */
export async function initNode(options: DaemonOptions): Promise<string> {
  const keys = await openKeys()
  const lines: string[] = []
  const say = (line: string): void => void lines.push(line)
  await ensurePrivateDirectory(options.dataDirectory)
  if ((await readOwnIdentity(options)) !== undefined) {
    throw fail('ERR_NODE_INITIALIZED', { path: `${options.dataDirectory}/keys/node.key` })
  }
  // Everything that can be wrong is read before anything is made.
  for (const entry of options.authorize) parseAuthorizedKey(keys, parseAuthorizedKeyLine(entry))
  const text = options.join === undefined ? undefined : await joinText(options.join)
  const line = text === undefined ? undefined : readLine(keys, text)
  const joined = line?.key === undefined ? {} : { joined: line.key }
  const expected = line === undefined ? {} : { expected: line.fingerprint }
  const ports = { random: systemRandom, say, log: silentLog, ...joined, ...expected }
  const swarmKey = await openSwarmKeyFile(options, ports)
  const own = await openOwnKeys(options, { random: systemRandom, say, now: () => Date.now() })
  const settings = await openSettingsStore(options, {
    keys,
    now: () => Date.now(),
    ownPeer: own.identity.peer,
    swarmKey,
  })
  const local = { peer: null, role: 'admin', door: 'unix', source: options.socketPath, because: 'axd init' } as const
  for (const entry of options.authorize) {
    const { key } = await settings.authorize({ entry, force: false }, local)
    say(`Authorized ${key.key}`)
  }
  if (line !== undefined) {
    const addresses = line.addresses.map((address) => `${address}/p2p/${line.peer}`)
    await settings.setPlain('swarm/bootstrapNodes', addresses)
    say(`Initial peers: ${addresses.join(', ')}`)
  }
  if (text !== undefined && line?.team !== undefined) {
    await pendingJoin(options.dataDirectory).write(text)
    const how = looksLikeInvite(text) ? 'It joins by the invite when it starts' : 'It syncs once it has been added'
    say(`Team: ${idText('team', line.team)}. ${how}.`)
  }
  say(`PeerId: ${own.identity.peer}`)
  say(`Swarm key fingerprint: ${swarmKey.fingerprint}`)
  say(`Start it with: axd --data-dir ${options.dataDirectory}`)
  return `${lines.join('\n')}\n`
}
