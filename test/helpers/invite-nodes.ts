import { limits, silentLog, type Clock } from '../../src/base/index.ts'
import { formatInviteLine, idText, parseId } from '../../src/codec/index.ts'
import { generateInviteCode, inviteKeyOf, swarmKeyFingerprint, systemRandom } from '../../src/keys/index.ts'
import { createInvites, type Invites } from '../../src/node/effects/invites.ts'
import type { PendingJoin } from '../../src/node/pending-join.ts'
import {
  inviteFrameMap,
  inviteProtocol,
  invitesOf,
  readAnyBundle,
  formatKeyBundle,
  type InviteView,
} from '../../src/team/index.ts'
import type { Store } from '../../src/store/index.ts'
import { createTeamCast, type TeamNode } from './team-nodes.ts'
import { eventually, realClock } from './swarm-nodes.ts'

/** A node with teams and invites, on real loopback sockets. */
export interface InviteNode extends TeamNode {
  readonly name: string
  readonly invites: Invites
  /** What `axd init --join` left; a test may put a line in before `resume`. */
  readonly pending: PendingJoin & { text: string | undefined }
}

export interface InvitePlan {
  readonly clock?: Clock
  /** What attempts are counted by; by default each peer for itself, since all are on one machine. */
  readonly sourceOf?: (peer: string) => string
  readonly store?: Store
  /** True: the limits per source are off, for a crowd on one machine. */
  readonly isCrowded?: true
}

/** An invite as its creator has it. */
export interface Made {
  readonly code: string
  readonly id: Uint8Array
}

export async function createInviteCast() {
  const cast = await createTeamCast()
  const all: Invites[] = []
  const fingerprint = swarmKeyFingerprint(cast.swarmKey)

  async function node(
    name: string,
    { clock = realClock, sourceOf = (peer) => peer, store, isCrowded }: InvitePlan = {},
  ) {
    const made = await cast.node({
      name,
      ...(store === undefined ? {} : { store }),
      ...(isCrowded === undefined ? {} : { isExemptSource: () => true }),
    })
    const pending = memoryPending()
    const invites = createInvites({
      keys: cast.keys,
      identity: made.identity,
      teams: made.teams,
      swarm: made.swarm,
      fingerprints: () => [fingerprint],
      name: () => name,
      pending,
      clock,
      random: systemRandom,
      log: silentLog,
    })
    all.push(invites)
    await made.swarm.handle(inviteProtocol, (stream) => invites.answer(stream, sourceOf(stream.peer)), {
      maxStreams: 1,
      frameBytesMax: limits.inviteFrameBytesMax,
      busy: inviteFrameMap({ t: 'refused', code: 'ERR_TEAM_INVITE_BUSY' }),
    })
    return { ...made, name, invites, pending }
  }

  /** Makes an invite that `server` is to answer. */
  async function invite(
    by: InviteNode,
    server: InviteNode,
    plan: { role?: string; maxUses?: number; notAfter?: number; code?: Uint8Array } = {},
  ): Promise<Made> {
    const { code = generateInviteCode(systemRandom), maxUses = 1, notAfter = Date.now() + 60_000, role = 'user' } = plan
    const team = parseId('team', by.teams.view().id)
    const key = inviteKeyOf(cast.keys, code, team).publicKey
    const made = await by.teams.author(undefined, { kind: 'CreateInvite', key, role, maxUses, notAfter })
    if ('code' in made) throw new Error(made.code)
    const addresses = [server.bareAddress()]
    return {
      code: formatInviteLine({ team, code, peer: server.peer, addresses, fingerprint }),
      id: parseId('cmd', made.command),
    }
  }

  return {
    ...cast,
    node,
    invite,
    /** The same code, answered by another server. */
    codeFor: (made: Made, by: InviteNode, server: InviteNode): string =>
      made.code.replace(`/${by.peer}`, `/${server.peer}`).replace(by.bareAddress(), server.bareAddress()),
    /** Founds a team on the first; the others join it as operators. */
    async team(...nodes: readonly InviteNode[]): Promise<void> {
      const [first, ...others] = nodes
      if (first === undefined) return
      await first.teams.createTeam('herd', first.name)
      for (const other of others) {
        const bundle = readAnyBundle(formatKeyBundle('text', other.teams.device.bundle), cast.keys)
        if ('kind' in bundle) throw new Error(bundle.code)
        await first.teams.author(undefined, { kind: 'AddDevice', bundle, name: other.name, role: 'operator' })
        await other.teams.addTeam(first.teams.view().id)
        await other.teams.syncPeers.add(first.address(), first.teams.view().id)
      }
      await agreed(nodes)
    },
    async stopAll(): Promise<void> {
      for (const invites of all.splice(0)) invites.stop()
      await cast.stopAll()
    },
  }
}

export type InviteCast = Awaited<ReturnType<typeof createInviteCast>>

/** Joins by a code, trying for at most so long. */
export function join(node: InviteNode, code: string, waitMs = 0): ReturnType<Invites['join']> {
  return node.invites.join(code, { waitMs, signal: new AbortController().signal })
}

/** How the invite stands as this node sees it. */
export function poll(node: InviteNode, made: Made, now = Date.now()): InviteView | undefined {
  return invitesOf(node.teams.replica(), now).find(({ invite }) => invite === idText('inv', made.id))
}

/** Waits until all have one state. */
export async function agreed(nodes: readonly InviteNode[], ms = 15_000): Promise<void> {
  const hashes = (): Set<string> => new Set(nodes.map(({ teams }) => teams.view().stateHash))
  await eventually(() => nodes.every(({ teams }) => teams.view().synced) && hashes().size === 1, 'all agree', ms)
}

/** Cuts two nodes apart: neither lets the other in, until `heal`. */
export function part(one: InviteNode, two: InviteNode): void {
  for (const [node, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const peers = new Set([...node.gate.facts.disallowed.peers, other.peer])
    node.gate.update({ disallowed: { state: 'read', peers } })
    node.swarm.rejudge()
  }
}

export function heal(nodes: readonly InviteNode[]): void {
  for (const { gate } of nodes) gate.update({ disallowed: { state: 'read', peers: new Set() } })
  for (const { swarm } of nodes) swarm.rejudge()
}

function memoryPending(): PendingJoin & { text: string | undefined } {
  return {
    text: undefined,
    read() {
      return Promise.resolve(this.text)
    },
    write(text) {
      this.text = text
      return Promise.resolve()
    },
    forget() {
      this.text = undefined
      return Promise.resolve()
    },
  }
}
