import { createAdminDoors } from '../admin/index.ts'
import { createGate, type Gate } from '../access/index.ts'
import { createLifetime, type Clock, type HyraxError, type Lifetime } from '../base/index.ts'
import { axKeyText, parsePeerId } from '../codec/index.ts'
import { openKeys, swarmKeyFingerprint, systemRandom } from '../keys/index.ts'
import { cidrHolds, parseCidr } from '../settings/index.ts'
import { createSwarm, type Swarm, type SwarmOptions } from '../swarm/index.ts'
import { openDataDirectory } from './data-directory.ts'
import { createDispatch } from './dispatch.ts'
import { createInvites, type Invites } from './effects/invites.ts'
import { createTeams, type Teams } from './effects/team.ts'
import { createEvents } from './events.ts'
import { createGovernment, type Government } from './government.ts'
import { openNodeLists, type NodeLists } from './lists.ts'
import type { NodeLog } from './log.ts'
import type { DaemonOptions } from './options.ts'
import { openOwnKeys } from './own-keys.ts'
import type { NodeParts } from './parts.ts'
import { openPeerBook, type PeerBook } from './peer-book.ts'
import { pendingJoin } from './pending-join.ts'
import { createPending } from './pending.ts'
import { abortPeers, createRejudge, differingLists } from './re-judging.ts'
import { openSettingsStore, type SettingsStore } from './settings-store.ts'
import { openSwarmKeyFile } from './swarm-key-file.ts'
import { version } from './version.ts'
import { nodeWarnings } from './warnings.ts'
import { joinParts } from './wiring.ts'

export interface NodePorts {
  readonly log: NodeLog
  /** One line to the operator: what was made, what to know. */
  readonly say: (line: string) => void
}

/** A node that can be started once and stopped once. */
export interface HyraxNode {
  readonly parts: NodeParts
  /** Listens and dials. `ERR_PORT_COLLISION` names the address that cannot be listened on. */
  start(): Promise<void>
  /** Ends every connection, listener and timer; what was acknowledged is on disk already. */
  stop(): Promise<void>
  /** Resolves when the node was asked to stop, or has failed. */
  readonly stopRequested: Promise<void>
  /** Why it stops, if it failed. */
  readonly failure: HyraxError | undefined
  /** Ends the node cleanly: its state is unknown. */
  fail(error: HyraxError): void
}

const now = (): number => Date.now()
const clock: Clock = { now }

/**
 * Builds every part by name, joins them and owns their lifetimes. Opens the store first: its lock is the lock of the
 * data directory (`STACK.md` 11). Nothing listens before `start`.
 * Fails with `ERR_NODE_LOCKED`, and with the codes of the files it reads.
 */
export async function createNode(options: DaemonOptions, ports: NodePorts): Promise<HyraxNode> {
  const lifetime = createLifetime()
  try {
    const stop = createStop()
    const parts = await buildParts(options, ports, lifetime, stop.request)
    return createHandle(parts, lifetime, stop)
  } catch (error) {
    await lifetime.stop()
    throw error
  }
}

/** What a node keeps on its disk, read or made. */
async function openFiles(options: DaemonOptions, { log, say }: NodePorts, lifetime: Lifetime) {
  const store = await openDataDirectory(options.dataDirectory, lifetime)
  const keys = await openKeys()
  const own = await openOwnKeys(options, { random: systemRandom, say, now })
  const swarmKey = await openSwarmKeyFile(options, { random: systemRandom, say, log })
  const settings = await openSettingsStore(options, { keys, now, ownPeer: own.identity.peer, swarmKey })
  return { store, keys, own, swarmKey, settings, identity: own.identity, log, clock, random: systemRandom, options }
}

type Files = Awaited<ReturnType<typeof openFiles>>

/** Parts that earlier ones speak of before they are made. */
interface Late {
  swarm?: Swarm
  peerBook?: PeerBook
  government?: Government
}

async function buildParts(
  options: DaemonOptions,
  ports: NodePorts,
  lifetime: Lifetime,
  requestStop: () => void,
): Promise<NodeParts> {
  const files = await openFiles(options, ports, lifetime)
  const { settings, store, log } = files
  const events = createEvents(now)
  const gate = createGate()
  // The lists feed the gate before there is a swarm to judge, and cut its connections later.
  const late: Late = {}
  const lists = lifetime.own(await openLists(files, gate, late), (opened) => {
    opened.close()
  })
  const teams = lifetime.own(await openTeams(files, events, late), (opened) => {
    opened.stop()
  })
  const government = createGovernment({
    ...files,
    events,
    lists,
    swarm: () => late.swarm,
    replicaOf: (team) => teams.replicaOf(team),
    epochSecret: (team, epoch) => teams.epochSecret(team, epoch),
  })
  late.government = government
  const swarm = await createSwarm(
    {
      ...files,
      gate,
      swarmKeys: files.swarmKey.keys,
      name: () => settings.effective().general.displayName,
      agent: `hyrax/${version}`,
      binding: () => teams.binding(),
      listsDigests: () => lists.digests(),
    },
    swarmOptions(options, settings, lists),
  )
  late.swarm = swarm
  const invites = lifetime.own(openInvites(files, { teams, swarm }), (opened) => {
    opened.stop()
  })
  const peerBook = (late.peerBook = await openPeerBook({ store, log, now }))
  const made = {
    events,
    lists,
    swarm,
    teams,
    invites,
    government,
    peerBook,
    pending: createPending(now),
    startedAt: now(),
    requestStop,
  }
  const parts: NodeParts = await addDoors({ ...files, ...made, warnings: () => nodeWarnings(parts) })
  await joinParts(parts)
  return parts
}

function openTeams(files: Files, events: NodeParts['events'], late: Late): Promise<Teams> {
  const { settings } = files
  const onRights = governBy(late, settings)
  return createTeams({
    ...files,
    events,
    cut: (peers) => abortPeers(late.swarm, peers, now),
    onRights,
    onEpoch: onRights,
    rotationInterval: () => settings.effective().security.keys.rotationInterval,
  })
}

/** Another state of the team that governs, or another epoch of it opened: the government looks again. */
function governBy(late: Late, settings: SettingsStore) {
  return (team: string) => {
    const governs = team === settings.effective().swarm.governingTeam
    return (governs ? late.government?.apply() : undefined) ?? { peers: [], ms: 0 }
  }
}

function openInvites(files: Files, { teams, swarm }: Pick<NodeParts, 'teams' | 'swarm'>): Invites {
  const { swarmKey, settings, options } = files
  return createInvites({
    ...files,
    teams,
    swarm,
    fingerprints: () => swarmKey.keys.map(swarmKeyFingerprint),
    name: () => settings.effective().general.displayName,
    pending: pendingJoin(options.dataDirectory),
  })
}

function openLists({ options, keys, log, settings }: Files, gate: Gate, late: Late): Promise<NodeLists> {
  return openNodeLists(
    {
      gate,
      keys,
      log,
      rejudge: createRejudge({ gate, swarm: () => late.swarm, remembered: () => late.peerBook?.list() ?? [] }),
      onStatic: (addresses) => late.swarm?.setStatic(addresses),
      differing: (digests) => differingLists(late.swarm, digests),
      governing: () => late.government?.view() ?? null,
      teamAddresses: (peer) => late.government?.addressesOf(peer) ?? [],
    },
    {
      directory: options.dataDirectory,
      byFlag: options.permissioned,
      bySetting: settings.effective().swarm.permissioned,
    },
  )
}

function swarmOptions(options: DaemonOptions, settings: SettingsStore, lists: NodeLists): SwarmOptions {
  const { swarm } = settings.effective()
  const ranges = swarm.exemptSources.map(parseCidr).filter((range) => range !== undefined)
  return {
    listen: options.bindSwarm,
    ...(swarm.announceAddresses.length === 0 ? {} : { announce: swarm.announceAddresses }),
    bootstrap: [...options.peers, ...swarm.bootstrapNodes],
    static: lists.staticAddresses(),
    isExemptSource: (source) => ranges.some((range) => cidrHolds(range, source)),
  }
}

/** The doors need the handlers, and the handlers the doors: the parts get theirs last. */
async function addDoors(parts: Omit<NodeParts, 'doors'>): Promise<NodeParts> {
  const whole = { ...parts } as { -readonly [K in keyof NodeParts]: NodeParts[K] }
  const { identity, keys, random, log, clock, settings, options, pending } = parts
  whole.doors = await createAdminDoors(
    {
      identity,
      keys,
      random,
      log,
      clock,
      agent: `hyrax/${version}`,
      rules: () => settings.effective().admin,
      dispatch: createDispatch(whole),
      onRefused: ({ peer, source }) => {
        if (peer !== null) pending.note('key', axKeyText(parsePeerId(peer)), source)
      },
    },
    {
      listen: options.bindAdmin,
      socketPath: options.socketPath,
      http: settings.effective().api.enabled ? options.bindApi : [],
    },
  )
  return whole
}

interface Stop {
  readonly requested: Promise<void>
  readonly request: () => void
}

function createStop(): Stop {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  // The answer to the one who asked goes out first.
  return {
    requested: promise,
    request: () =>
      void setTimeout(() => {
        resolve(undefined)
      }, answerMs),
  }
}

const answerMs = 100

function createHandle(parts: NodeParts, lifetime: Lifetime, stop: Stop): HyraxNode {
  let failure: HyraxError | undefined
  return {
    parts,
    stopRequested: stop.requested,
    get failure() {
      return failure
    },
    async start() {
      await parts.swarm.start()
      lifetime.own(parts.swarm, (swarm) => swarm.stop())
      parts.teams.attach(parts.swarm)
      for (const { peer, addresses } of parts.peerBook.list()) parts.swarm.remember(peer, addresses)
      parts.invites.resume()
      await parts.doors.start()
      lifetime.own(parts.doors, (doors) => doors.stop())
    },
    stop: () => lifetime.stop(),
    fail(error) {
      failure ??= error
      parts.log.error('the node stops', { code: error.code, what: error.message, stack: error.stack ?? '' })
      stop.request()
    },
  }
}
