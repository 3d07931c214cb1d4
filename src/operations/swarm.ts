import * as z from 'zod'
import { operation } from './operation.ts'
import { addressText, codeAndData, done, identityText, nothing, teamText, time } from './shapes.ts'

/** One connection of the swarm, or one that is being made. */
export const peerShape = () =>
  z.object({
    peer: z.string(),
    name: z.string(),
    agent: z.string(),
    /** `welcomed`: hello was answered. `connected`: a libp2p node that has not said hello. */
    state: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    address: z.string(),
    addresses: z.array(z.string()),
    since: time(),
    latencyMs: z.number().nullable(),
    /** The gate's verdict on it now, and why. */
    verdict: z.enum(['admitted', 'refused']),
    because: z.string(),
    /** Device of a team it is bound to, if it is. */
    device: z.string().nullable(),
    /** Fingerprint of the swarm key that this connection uses. */
    swarmKey: z.string(),
  })

/** A peer or address with which no connection came about lately. */
export const failureShape = () =>
  z.object({
    peer: z.string().nullable(),
    address: z.string().nullable(),
    direction: z.enum(['inbound', 'outbound']),
    at: time(),
    count: z.number(),
    error: codeAndData(),
    message: z.string(),
  })

export const listShape = () =>
  z.object({
    file: z.string(),
    state: z.enum(['read', 'missing', 'unreadable']),
    why: z.string().nullable(),
    peers: z.array(z.string()),
    entries: z.array(z.string()),
    skipped: z.array(z.object({ index: z.number(), text: z.string(), why: z.string() })),
    digest: z.string().nullable(),
  })

const standingShape = () =>
  z.object({
    /** `file`: permissioned-nodes.json. `team`: the list of the team that governs. */
    admittedBy: z.array(z.enum(['file', 'team'])),
    /** `disallowed`: disallowed-nodes.json. `team`: the team removed it. */
    barredBy: z.array(z.enum(['disallowed', 'team'])),
  })

export const gateShape = () =>
  z.object({
    permissioned: z.boolean(),
    /** Set by `--permissioned` for this run, or by the setting. */
    by: z.enum(['flag', 'setting', 'none']),
    lists: z.object({ permissioned: listShape(), disallowed: listShape(), static: listShape() }),
    /** Of the effective list: file and team, less whom the team removed. Null where it cannot be read. */
    digest: z.string().nullable(),
    /** The team that the setting swarm/governingTeam names. A closed or unknown one lists nobody. */
    governing: z
      .object({
        team: z.string(),
        name: z.string(),
        state: z.enum(['open', 'closed', 'not-synced', 'unknown']),
        listed: z.number(),
        removed: z.number(),
      })
      .nullable(),
    /** Every peer that some list names, which list admits or bars it, and where the team says that it is. */
    peers: z.array(
      standingShape().extend({ peer: z.string(), listed: z.boolean(), teamAddresses: z.array(z.string()) }),
    ),
    /** Peers whose hello showed other lists. */
    differing: z.array(z.object({ peer: z.string(), name: z.string(), list: z.string() })),
  })

/** A swarm key of the node: the newest is dialled with, the others are accepted until they are retired. */
const ringKeyShape = () => z.object({ fingerprint: z.string(), newest: z.boolean(), peers: z.array(z.string()) })
const fingerprintText = () => z.string().regex(/^[0-9a-f]{32}$/)
const cut = () => z.object({ peers: z.array(z.string()), ms: z.number() })
const listChange = () =>
  z.object({
    changed: z.array(z.string()),
    unchanged: z.array(z.string()),
    /** The team whose list was changed, and the commands that did it; none where it was a file of this node. */
    team: z.string().nullable(),
    commands: z.array(z.string()),
    cut: cut(),
    notices: z.array(z.string()),
  })
const entryList = () => z.array(addressText()).min(1).max(10_000)
const entries = () => z.strictObject({ entries: entryList() })
const entriesOfTeam = () => entries().extend({ team: teamText(), force: z.boolean().default(false) })

export const nodesOperations = {
  'nodes.show': operation({
    summary: 'Everything about the node: peers with direction, since, verdict and reason, failures, gate.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        peer: z.string(),
        key: z.string(),
        fingerprint: z.string(),
        name: z.string(),
        version: z.string(),
        runtime: z.string(),
        startedAt: time(),
        swarmKey: z.object({ fingerprint: z.string(), published: z.boolean() }),
        swarmAddresses: z.array(z.string()),
        adminAddresses: z.array(z.string()),
        peers: z.array(peerShape()),
        failures: z.array(failureShape()),
        gate: gateShape(),
        adminSessions: z.array(
          z.object({
            peer: z.string().nullable(),
            door: z.string(),
            source: z.string(),
            role: z.string(),
            since: time(),
          }),
        ),
        warnings: z.array(z.string()),
      }),
  }),
  'nodes.id': operation({
    summary: "The node's identity in its text forms.",
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ peer: z.string(), key: z.string(), nkey: z.string(), fingerprint: z.string() }),
  }),
}

export const swarmsOperations = {
  'swarms.show': operation({
    summary: 'The swarm as this node sees it: key fingerprint, addresses, initial peers.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        fingerprint: z.string(),
        published: z.boolean(),
        keys: z.array(ringKeyShape()),
        addresses: z.array(z.string()),
        bootstrapNodes: z.array(z.string()),
        peers: z.number(),
      }),
  }),
  'swarms.peers': operation({
    summary: 'Peers of the swarm, connected now.',
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ peers: z.array(peerShape()) }),
  }),
  'swarms.connect': operation({
    summary: 'Connects to a peer by address.',
    right: 'admin:nodes',
    input: () => z.strictObject({ address: addressText() }),
    output: () => z.object({ peer: z.string(), name: z.string() }),
  }),
  'swarms.disconnect': operation({
    summary: 'Closes the connections with a peer. It may come back: to keep it out, use the lists.',
    right: 'admin:nodes',
    input: () => z.strictObject({ peer: identityText() }),
    output: () => z.object({ peer: z.string(), closed: z.number() }),
  }),
  'swarms.addresses': operation({
    summary: 'Addresses others can reach this node at.',
    right: 'admin:read',
    input: nothing,
    output: () => z.object({ addresses: z.array(z.string()) }),
  }),
  'swarms.ping': operation({
    summary: 'Round trip to a connected peer.',
    right: 'admin:read',
    input: () => z.strictObject({ peer: identityText() }),
    output: () => z.object({ peer: z.string(), ms: z.number() }),
  }),
  'swarms.invite': operation({
    summary: 'The line for axd init --join: how to reach this node, and a team if one is named.',
    right: 'admin:read',
    /** `withKey`: with the swarm key in it; the caller then needs the right `admin:keys`. */
    input: () => z.strictObject({ team: teamText(), withKey: z.boolean().default(false) }),
    output: () =>
      z.object({ line: z.string(), peer: z.string(), fingerprint: z.string(), team: z.string().nullable() }),
  }),
  'swarms.export': operation({
    summary: 'The swarm key itself.',
    right: 'admin:keys',
    input: () => z.strictObject({ format: z.enum(['file', 'file-base64', 'base64']).default('file') }),
    output: () => z.object({ key: z.string(), fingerprint: z.string() }),
  }),
  'swarms.import': operation({
    summary:
      'Replaces the swarm key from the next start on, or, beside, turns to it at once and still accepts the old.',
    right: 'admin:keys',
    input: () =>
      z.strictObject({
        key: z.string().min(1).max(1_024),
        beside: z.boolean().default(false),
        force: z.boolean().default(false),
      }),
    output: () => z.object({ fingerprint: z.string(), restartNeeded: z.boolean() }),
  }),
  'swarms.rotate': operation({
    summary: 'A new swarm key beside the old one: on this node, or by a team on every node that it governs.',
    right: 'admin:keys',
    input: () => z.strictObject({ team: teamText(), force: z.boolean().default(false) }),
    output: () =>
      z.object({
        fingerprint: z.string(),
        team: z.string().nullable(),
        command: z.string().nullable(),
        keys: z.array(ringKeyShape()),
        notices: z.array(z.string()),
      }),
  }),
  'swarms.retire': operation({
    summary:
      'Refuses an older swarm key and cuts who uses it: on this node, or by a team on every node that it governs.',
    right: 'admin:keys',
    input: () =>
      z.strictObject({ fingerprint: fingerprintText(), team: teamText(), force: z.boolean().default(false) }),
    output: () =>
      z.object({
        fingerprint: z.string(),
        team: z.string().nullable(),
        command: z.string().nullable(),
        cut: cut(),
        keys: z.array(ringKeyShape()),
        notices: z.array(z.string()),
      }),
  }),
}

export const permissionedOperations = {
  'permissioned.status': operation({
    summary: 'The gate: on or off, its lists, what was skipped, whose lists differ.',
    right: 'admin:read',
    input: nothing,
    output: gateShape,
  }),
  'permissioned.enable': operation({
    summary: 'Only listed peers may connect from now on; live connections are judged at once.',
    right: 'admin:nodes',
    input: nothing,
    output: () => z.object({ cut: cut(), notices: z.array(z.string()) }),
  }),
  'permissioned.disable': operation({
    summary: 'Every peer with the swarm key may connect, but for the disallowed.',
    right: 'admin:nodes',
    input: nothing,
    output: () => z.object({ notices: z.array(z.string()) }),
  }),
  'permissioned.check': operation({
    summary: 'What the gate would say of a peer, and why.',
    right: 'admin:read',
    input: () => z.strictObject({ peer: addressText() }),
    output: () =>
      standingShape().extend({ peer: z.string(), inbound: z.string(), outbound: z.string(), because: z.string() }),
  }),
  'permissioned.add': operation({
    summary: 'Puts peers on permissioned-nodes.json, or on the list of a team.',
    right: 'admin:nodes',
    input: entriesOfTeam,
    output: listChange,
  }),
  'permissioned.remove': operation({
    summary: 'Takes peers off permissioned-nodes.json, or bars them by a team, and cuts their connections.',
    right: 'admin:nodes',
    input: entriesOfTeam,
    output: listChange,
  }),
  'permissioned.ban': operation({
    summary: 'Puts peers on disallowed-nodes.json, which beats every list, and cuts their connections.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'permissioned.unban': operation({
    summary: 'Takes peers off disallowed-nodes.json.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'static.ls': operation({
    summary: 'Peers this node keeps connected.',
    right: 'admin:read',
    input: nothing,
    output: listShape,
  }),
  'static.add': operation({
    summary: 'Puts addresses on static-nodes.json; each needs a /p2p/ id.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'static.remove': operation({
    summary: 'Takes addresses off static-nodes.json.',
    right: 'admin:nodes',
    input: entries,
    output: listChange,
  }),
  'pending.ls': operation({
    summary: 'Keys and peers that were refused lately.',
    right: 'admin:read',
    input: nothing,
    output: () =>
      z.object({
        pending: z.array(
          z.object({
            id: z.string(),
            kind: z.enum(['key', 'peer']),
            text: z.string(),
            source: z.string(),
            count: z.number(),
            at: time(),
          }),
        ),
      }),
  }),
  'pending.accept': operation({
    summary: 'Admits one of them: a key to the admin door, a peer to the list of this node or of a team.',
    right: 'admin:keys',
    input: () =>
      z.strictObject({ id: z.string().min(1).max(128), team: teamText(), force: z.boolean().default(false) }),
    output: () =>
      z.object({
        kind: z.string(),
        text: z.string(),
        /** The team whose list it was put on, by how many commands; none where it was the file of this node. */
        team: z.string().nullable(),
        commands: z.array(z.string()),
        notices: z.array(z.string()),
      }),
  }),
  'pending.reject': operation({
    summary: 'Forgets one of them.',
    right: 'admin:nodes',
    input: () => z.strictObject({ id: z.string().min(1).max(128) }),
    output: done,
  }),
}
